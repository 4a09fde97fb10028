//! The invariants of the payments schema, as queries that find what breaks them.

/// A rule: its stable name and a query for `(entity text, detail text)` of what breaks it.
/// An entity is a wire id; the queries put it together from the prefix and the uuid.
pub struct Rule {
    /// Upper snake case.
    pub name: &'static str,
    /// Finds breaches.
    pub query: &'static str,
}

/// Every rule of this service.
pub const RULES: &[Rule] = &[
    Rule {
        name: "LEDGER_UNBALANCED",
        query: "SELECT 'pay_' || replace(payment_id::text, '-', ''),
                    format('%s entries of refund %s sum to %s', count(*), coalesce(refund_id::text, 'none'), sum(amount_minor))
                FROM ledger_entries GROUP BY payment_id, refund_id
                HAVING sum(amount_minor) <> 0 OR count(*) <> 2 OR count(DISTINCT currency) <> 1",
    },
    Rule {
        name: "LEDGER_MISMATCH",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''),
                    format('captured %s, refunded %s, ledger balance %s', p.captured, r.refunded, l.balance)
                FROM (SELECT id, currency, CASE WHEN status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
                        THEN amount_minor ELSE 0 END AS captured FROM payments) p,
                LATERAL (SELECT coalesce(sum(amount_minor), 0) AS refunded FROM refunds
                        WHERE payment_id = p.id AND status = 'COMPLETED') r,
                LATERAL (SELECT coalesce(sum(amount_minor), 0) AS balance FROM ledger_entries
                        WHERE payment_id = p.id AND account = 'PROVIDER_CLEARING' AND currency = p.currency) l
                WHERE p.captured - r.refunded <> l.balance",
    },
    Rule {
        name: "REFUNDS_EXCEED_CAPTURE",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''),
                    format('%s of %s, refunds %s', p.status, p.amount_minor, sum(r.amount_minor))
                FROM payments p JOIN refunds r ON r.payment_id = p.id AND r.status <> 'FAILED' GROUP BY p.id
                HAVING sum(r.amount_minor) > p.amount_minor
                    OR p.status NOT IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') OR bool_or(r.currency <> p.currency)",
    },
    Rule {
        name: "REFUNDED_AMOUNT_MISMATCH",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''), format('refunded %s, refunds %s', p.refunded_minor, r.admitted)
                FROM payments p, LATERAL (SELECT coalesce(sum(amount_minor), 0) AS admitted FROM refunds
                    WHERE payment_id = p.id AND status <> 'FAILED') r
                WHERE p.refunded_minor <> r.admitted",
    },
    Rule {
        name: "REFUND_STATUS_MISMATCH",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''),
                    format('%s with %s of %s paid back', p.status, r.paid_back, p.amount_minor)
                FROM payments p, LATERAL (SELECT coalesce(sum(amount_minor), 0) AS paid_back FROM refunds
                    WHERE payment_id = p.id AND status = 'COMPLETED') r
                WHERE (p.status = 'REFUNDED') <> (r.paid_back = p.amount_minor)
                    OR (p.status = 'PARTIALLY_REFUNDED') <> (r.paid_back > 0 AND r.paid_back < p.amount_minor)",
    },
    Rule {
        name: "DOUBLE_CHARGE",
        query: "SELECT subject, format('%s successful calls at the provider: %s', count(*), string_agg(key, ', '))
                FROM simulator_effects WHERE outcome = 'SUCCEEDED' GROUP BY subject HAVING count(*) > 1",
    },
    Rule {
        name: "CHARGE_NOT_BOOKED",
        query: "SELECT e.subject, format('the provider did %s, the row is %s', e.key, coalesce(b.status, 'missing'))
                FROM simulator_effects e LEFT JOIN (
                    SELECT 'pay_' || replace(id::text, '-', '') AS subject, status, settled_at,
                        status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') AS booked FROM payments
                    UNION ALL SELECT 'rfd_' || replace(id::text, '-', ''), status, settled_at, status = 'COMPLETED' FROM refunds) b
                ON b.subject = e.subject
                WHERE e.outcome = 'SUCCEEDED' AND (b.subject IS NULL OR (b.settled_at IS NOT NULL AND NOT b.booked))",
    },
    Rule {
        name: "BOOKED_NOT_CHARGED",
        query: "SELECT b.subject, format('%s %s under %s, nothing alike at the provider', b.amount_minor, b.currency, b.reference)
                FROM (SELECT 'pay_' || replace(id::text, '-', '') AS subject, currency, amount_minor, provider_reference AS reference
                    FROM payments WHERE status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
                    UNION ALL SELECT 'rfd_' || replace(id::text, '-', ''), currency, amount_minor, provider_reference
                    FROM refunds WHERE status = 'COMPLETED') b
                WHERE coalesce(b.reference, '') !~ '^(pi|re|pyr)_' -- Stripe's books are not ours to read
                    AND NOT EXISTS (SELECT 1 FROM simulator_effects e WHERE e.subject = b.subject AND e.outcome = 'SUCCEEDED'
                    AND e.reference = b.reference AND e.amount_minor = b.amount_minor AND e.currency = b.currency)",
    },
    Rule {
        name: "EVENT_SEQUENCE_GAP",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''),
                    format('last event %s, events %s from %s to %s', p.seq, e.n, e.lowest, e.highest)
                FROM payments p, LATERAL (SELECT count(*) AS n, min(seq) AS lowest, max(seq) AS highest
                    FROM payment_events WHERE payment_id = p.id) e
                WHERE e.n <> p.seq OR e.lowest IS DISTINCT FROM 1 OR e.highest IS DISTINCT FROM p.seq",
    },
    Rule {
        name: "STATUS_IS_LAST_EVENT",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''), format('payment %s, last event %s', p.status, e.status)
                FROM payments p JOIN payment_events e ON e.payment_id = p.id AND e.seq = p.seq WHERE e.status <> p.status",
    },
    Rule {
        name: "SETTLED_MISMATCH",
        query: "SELECT 'pay_' || replace(p.id::text, '-', ''), format('%s, settled %s, %s settled events', p.status, p.settled_at, e.n)
                FROM payments p, LATERAL (SELECT count(*) AS n FROM payment_events
                    WHERE payment_id = p.id AND kind = 'SETTLED') e
                WHERE (p.settled_at IS NOT NULL AND p.status IN ('PENDING', 'PROCESSING'))
                    OR e.n <> CASE WHEN p.settled_at IS NULL THEN 0 ELSE 1 END
                UNION ALL
                SELECT 'rfd_' || replace(id::text, '-', ''), format('%s, settled %s', status, settled_at)
                FROM refunds WHERE (settled_at IS NOT NULL) <> (status IN ('COMPLETED', 'FAILED'))",
    },
    Rule {
        name: "OUTBOX_PARKED",
        query: "SELECT entity_id, format('parked at %s: %s', parked_at, last_error) FROM outbox WHERE parked_at IS NOT NULL",
    },
    Rule {
        name: "WEBHOOK_DELIVERY_MISSING",
        query: "SELECT 'pay_' || replace(n.payment_id::text, '-', ''), format('%s was not told to %s', n.kind, e.url)
                FROM webhook_endpoints e JOIN notifications n
                    ON n.created_at > e.state_at + interval '10 seconds' AND n.created_at > now() - interval '20 hours'
                WHERE e.state = 'ENABLED' AND (e.kinds = '{}' OR n.kind = ANY (e.kinds)) AND NOT EXISTS (
                    SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.notification_id = n.id)",
    },
];

/// Unsettled payments and refunds without an outbox row: a workflow should be driving each.
pub const EXPECTED_DRIVERS: &str = "
    SELECT id FROM (
        SELECT 'pay_' || replace(id::text, '-', '') AS id FROM payments WHERE settled_at IS NULL
        UNION ALL SELECT 'rfd_' || replace(id::text, '-', '') FROM refunds WHERE settled_at IS NULL) unsettled
    WHERE NOT EXISTS (SELECT 1 FROM outbox x WHERE x.entity_id = unsettled.id)";
