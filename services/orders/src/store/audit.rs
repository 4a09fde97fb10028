//! The invariants of the orders schema, as queries that find what breaks them.

/// A rule: its stable name and a query for `(entity uuid, detail text)` of what breaks it.
pub struct Rule {
    /// Upper snake case.
    pub name: &'static str,
    /// Finds breaches.
    pub query: &'static str,
}

/// Every rule of this service.
pub const RULES: &[Rule] = &[
    Rule {
        name: "ORDER_EVENT_SEQUENCE",
        query: "SELECT o.id, format('last event %s, events %s, highest %s', o.seq, e.n, e.highest)
                FROM orders o LEFT JOIN LATERAL (
                    SELECT count(*) AS n, max(seq) AS highest FROM order_events WHERE order_id = o.id) e ON true
                WHERE o.seq <> e.n OR e.highest IS DISTINCT FROM o.seq",
    },
    Rule {
        name: "ORDER_STATUS_IS_LAST_EVENT",
        query: "SELECT o.id, format('order %s, last event %s', o.status, e.status)
                FROM orders o JOIN order_events e ON e.order_id = o.id AND e.seq = o.seq WHERE e.status <> o.status",
    },
    Rule {
        name: "ORDER_DECIDED_ONCE",
        query: "SELECT order_id, format('%s times %s', count(*), status) FROM order_events
                WHERE kind = 'STATUS_CHANGED' GROUP BY order_id, status HAVING count(*) > 1",
    },
    Rule {
        name: "ORDER_SETTLED_ONCE",
        query: "SELECT order_id, format('%s settled events', count(*)) FROM order_events
                WHERE kind = 'SETTLED' GROUP BY order_id, status HAVING count(*) > 1",
    },
    Rule {
        name: "ORDER_SETTLED_STATE",
        query: "SELECT id, format('settled while %s', status) FROM orders
                WHERE settled_at IS NOT NULL AND (unwinding OR status IN (
                    'CREATED', 'VALIDATION_PENDING', 'PENDING_APPROVAL', 'PAYMENT_PENDING', 'PAYMENT_COMPLETED')
                    OR (status = 'APPROVED' AND payment_method IS NOT NULL))",
    },
    Rule {
        name: "ORDER_JOURNAL_FITS",
        query: "SELECT o.id, format('%s, done: %s', o.status, coalesce(j.done, 'nothing'))
                FROM orders o LEFT JOIN LATERAL (
                    SELECT string_agg(step, ' ' ORDER BY step) AS done FROM order_journal
                    WHERE order_id = o.id AND state = 'DONE') j ON true
                WHERE o.payment_method IS NOT NULL AND (
                    (o.status IN ('PROCESSING', 'SHIPPED', 'DELIVERED') AND j.done IS DISTINCT FROM 'charge commit reserve')
                    OR (o.status = 'PAYMENT_COMPLETED' AND coalesce(j.done, '') NOT LIKE '%charge%')
                    OR (o.status = 'PAYMENT_PENDING' AND j.done IS DISTINCT FROM 'reserve')
                    OR (o.status IN ('CREATED', 'VALIDATION_PENDING', 'PENDING_APPROVAL', 'APPROVED') AND j.done IS NOT NULL))",
    },
    Rule {
        name: "ORDER_UNWOUND",
        query: "SELECT o.id, format('%s %s is %s', j.step, j.attempt, j.state)
                FROM orders o JOIN order_journal j ON j.order_id = o.id
                WHERE o.status = 'CANCELLED' AND NOT o.unwinding AND j.state IN ('STARTED', 'DONE')",
    },
    Rule {
        name: "ORDER_PARCEL_WHOLE",
        query: "SELECT o.id, format('line %s: %s ordered, %s shipped', l.line_no, l.quantity, coalesce(p.quantity, 0))
                FROM orders o JOIN order_lines l ON l.order_id = o.id LEFT JOIN LATERAL (
                    SELECT sum(quantity) AS quantity FROM parcel_lines
                    WHERE order_id = l.order_id AND line_no = l.line_no) p ON true
                WHERE coalesce(p.quantity, 0) <> CASE WHEN o.status IN ('SHIPPED', 'DELIVERED') THEN l.quantity ELSE 0 END",
    },
    Rule {
        name: "ORDER_VALIDATED_TOTAL",
        query: "SELECT o.id, format('total %s, lines %s', o.total_minor, sum(l.quantity::numeric * l.price_minor))
                FROM orders o JOIN order_lines l ON l.order_id = o.id
                WHERE o.status IN ('PENDING_APPROVAL', 'APPROVED', 'PAYMENT_PENDING', 'PAYMENT_COMPLETED', 'PROCESSING', 'SHIPPED', 'DELIVERED')
                GROUP BY o.id HAVING sum(l.quantity::numeric * l.price_minor) <> o.total_minor",
    },
    Rule {
        name: "ORDER_HAS_LINES",
        query: "SELECT id, 'no lines' FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id)",
    },
    Rule {
        name: "ORDER_CUSTOMER_KEY",
        query: "SELECT id, 'sealed with a key that is not there' FROM orders o WHERE o.customer_sealed <> ''
                AND NOT EXISTS (SELECT 1 FROM customer_keys k WHERE k.customer = o.customer_id)",
    },
    Rule {
        name: "ORDER_OUTBOX_PARKED",
        query: "SELECT replace(entity_id, 'ord_', '')::uuid, format('parked at %s: %s', parked_at, last_error)
                FROM outbox WHERE parked_at IS NOT NULL",
    },
    Rule {
        name: "WEBHOOK_DELIVERY_MISSING",
        query: "SELECT n.order_id, format('%s was not told to %s', n.kind, e.url)
                FROM webhook_endpoints e JOIN notifications n
                    ON n.created_at > e.state_at + interval '10 seconds' AND n.created_at > now() - interval '20 hours'
                WHERE e.state = 'ENABLED' AND (e.kinds = '{}' OR n.kind = ANY (e.kinds)) AND NOT EXISTS (
                    SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.notification_id = n.id)",
    },
];

/// Unsettled orders without an outbox row: a workflow should be driving each, or waiting for it.
pub const EXPECTED_DRIVERS: &str = "
    SELECT o.id FROM orders o WHERE o.settled_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM outbox x WHERE x.entity_id = 'ord_' || replace(o.id::text, '-', ''))";
