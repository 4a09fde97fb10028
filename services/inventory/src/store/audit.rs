//! The invariants of the inventory schema, as queries that find what breaks them.

/// A rule: its stable name and a query for `(entity text, detail text)` of what breaks it.
pub struct Rule {
    /// Upper snake case.
    pub name: &'static str,
    /// Finds breaches.
    pub query: &'static str,
}

/// The wire form of a reservation's id, which is also its workflow's.
macro_rules! wire_id {
    ($column:literal) => {
        concat!("'res_' || replace(", $column, "::text, '-', '')")
    };
}

/// Every rule of this service.
pub const RULES: &[Rule] = &[
    Rule {
        name: "STOCK_NEGATIVE",
        query: "SELECT product_id || '@' || location,
                    format('on hand %s, held back %s, reserved %s', on_hand, held_back, reserved)
                FROM stock WHERE held_back < 0 OR reserved < 0 OR reserved + held_back > on_hand",
    },
    Rule {
        name: "STOCK_RESERVED_MISMATCH",
        query: "SELECT s.product_id || '@' || s.location, format('reserved %s, held lines %s', s.reserved, coalesce(l.held, 0))
                FROM stock s LEFT JOIN (
                    SELECT product_id, location, sum(quantity) AS held FROM reservation_lines WHERE state = 'HELD'
                    GROUP BY product_id, location) l USING (product_id, location)
                WHERE s.reserved <> coalesce(l.held, 0)",
    },
    Rule {
        name: "STOCK_ON_HAND_MISMATCH",
        query: "SELECT s.product_id || '@' || s.location,
                    format('on hand %s, opening %s, movements %s', s.on_hand, s.opening_on_hand, coalesce(m.moved, 0))
                FROM stock s LEFT JOIN (
                    SELECT product_id, location, sum(quantity) AS moved FROM movements WHERE type <> 'HOLD_BACK'
                    GROUP BY product_id, location) m USING (product_id, location)
                WHERE s.on_hand <> s.opening_on_hand + coalesce(m.moved, 0)",
    },
    Rule {
        name: "STOCK_HELD_BACK_MISMATCH",
        query: "SELECT s.product_id || '@' || s.location,
                    format('held back %s, opening %s, movements %s', s.held_back, s.opening_held_back, coalesce(m.moved, 0))
                FROM stock s LEFT JOIN (
                    SELECT product_id, location, sum(quantity) AS moved FROM movements WHERE type = 'HOLD_BACK'
                    GROUP BY product_id, location) m USING (product_id, location)
                WHERE s.held_back <> s.opening_held_back + coalesce(m.moved, 0)",
    },
    Rule {
        name: "RESERVATION_LINES_STATE",
        query: concat!("SELECT ", wire_id!("r.id"), ", format('%s with lines %s', r.status, coalesce(l.states, 'none'))
                FROM reservations r LEFT JOIN (
                    SELECT reservation_id, string_agg(DISTINCT state, ',' ORDER BY state) AS states FROM reservation_lines
                    GROUP BY reservation_id) l ON l.reservation_id = r.id
                WHERE CASE
                    WHEN r.status = 'PENDING' THEN l.states NOT IN ('PLANNED', 'HELD', 'HELD,PLANNED')
                    WHEN r.status = 'RESERVED' THEN l.states <> 'HELD'
                    WHEN r.status = 'COMMITTED' THEN l.states <> 'COMMITTED'
                    WHEN r.status = 'EXPIRED' THEN l.states <> 'RELEASED'
                    WHEN r.unwinding THEN l.states LIKE '%COMMITTED%'
                    ELSE l.states LIKE '%COMMITTED%' OR l.states LIKE '%HELD%' END
                OR (l.states IS NULL AND r.status <> 'REJECTED')"),
    },
    Rule {
        name: "RESERVATION_COMMIT_MISMATCH",
        query: concat!("SELECT ", wire_id!("reservation_id"), ", format('%s@%s: committed lines %s, movements %s',
                    product_id, location, coalesce(l.quantity, 0), coalesce(-m.quantity, 0))
                FROM (SELECT * FROM reservation_lines WHERE state = 'COMMITTED') l
                FULL JOIN (SELECT * FROM movements WHERE type = 'COMMIT') m USING (reservation_id, product_id, location)
                WHERE l.quantity IS DISTINCT FROM -m.quantity"),
    },
    Rule {
        name: "RESERVATION_RESTOCK_EXCESS",
        query: concat!("SELECT ", wire_id!("reservation_id"), ", format('%s@%s: restocked %s of %s',
                    product_id, location, m.quantity, coalesce(l.quantity, 0))
                FROM movements m LEFT JOIN reservation_lines l USING (reservation_id, product_id, location)
                WHERE m.type = 'RESTOCK' AND (l.state IS DISTINCT FROM 'COMMITTED' OR m.quantity > l.quantity)"),
    },
    Rule {
        name: "EVENT_SEQUENCE_GAP",
        query: concat!("SELECT ", wire_id!("r.id"), ", format('last event %s, events %s, highest %s', r.seq, e.n, e.highest)
                FROM reservations r LEFT JOIN (
                    SELECT reservation_id, count(*) AS n, min(seq) AS lowest, max(seq) AS highest FROM reservation_events
                    GROUP BY reservation_id) e ON e.reservation_id = r.id
                WHERE e.n IS DISTINCT FROM r.seq OR e.highest <> r.seq OR e.lowest <> 1"),
    },
    Rule {
        name: "RESERVATION_STATUS_IS_LAST_EVENT",
        query: concat!("SELECT ", wire_id!("r.id"), ", format('reservation %s, last event %s', r.status, e.status)
                FROM reservations r JOIN reservation_events e ON e.reservation_id = r.id AND e.seq = r.seq
                WHERE e.status <> r.status"),
    },
    Rule {
        name: "RESERVATION_DECIDED_ONCE",
        query: concat!("SELECT ", wire_id!("reservation_id"), ", format('%s times %s %s', count(*), kind, status)
                FROM reservation_events WHERE kind IN ('STATUS_CHANGED', 'SETTLED')
                GROUP BY reservation_id, kind, status HAVING count(*) > 1"),
    },
    Rule {
        name: "RESERVATION_JOURNAL_MISSING",
        query: concat!("SELECT DISTINCT ", wire_id!("r.id"), ", format('held at %s, journal %s', l.location, coalesce(j.state, 'empty'))
                FROM reservations r JOIN reservation_lines l ON l.reservation_id = r.id
                LEFT JOIN reservation_journal j ON j.reservation_id = r.id AND j.location = l.location
                WHERE r.saga AND l.state IN ('HELD', 'COMMITTED') AND j.state IS DISTINCT FROM 'DONE'"),
    },
    Rule {
        name: "RESERVATION_JOURNAL_HOLD",
        query: concat!("SELECT ", wire_id!("reservation_id"), ", format('journal %s at %s, hold %s', coalesce(j.state, 'empty'),
                    location, CASE WHEN h.key IS NULL THEN 'missing' WHEN h.released_at IS NULL THEN 'live' ELSE 'released' END)
                FROM holds h FULL JOIN (SELECT * FROM reservation_journal WHERE state IN ('DONE', 'UNDONE')) j
                    USING (reservation_id, location)
                WHERE (j.state = 'DONE') IS DISTINCT FROM (h.released_at IS NULL)
                    AND NOT (h.key IS NULL AND j.state = 'UNDONE')"),
    },
    Rule {
        name: "RESERVATION_JOURNAL_OPEN",
        query: concat!("SELECT ", wire_id!("r.id"), ", format('%s, and %s is %s', r.status, j.step, j.state)
                FROM reservations r JOIN reservation_journal j ON j.reservation_id = r.id
                WHERE NOT r.unwinding AND CASE j.state
                    WHEN 'STARTED' THEN r.status <> 'PENDING'
                    WHEN 'DONE' THEN r.status NOT IN ('PENDING', 'RESERVED', 'COMMITTED')
                    ELSE false END"),
    },
    Rule {
        name: "SETTLED_UNWINDING",
        query: concat!("SELECT ", wire_id!("id"), ", format('settled while %s', status) FROM reservations
                WHERE settled_at IS NOT NULL AND (unwinding OR status IN ('PENDING', 'RESERVED'))"),
    },
    Rule {
        name: "OUTBOX_PARKED",
        query: "SELECT entity_id, format('parked at %s: %s', parked_at, last_error) FROM outbox WHERE parked_at IS NOT NULL",
    },
    Rule {
        name: "WEBHOOK_DELIVERY_MISSING",
        query: "SELECT coalesce(n.product_id, n.reservation_id::text), format('%s was not told to %s', n.kind, e.url)
                FROM webhook_endpoints e JOIN notifications n
                    ON n.created_at > e.state_at + interval '10 seconds' AND n.created_at > now() - interval '20 hours'
                WHERE e.state = 'ENABLED' AND (e.kinds = '{}' OR n.kind = ANY (e.kinds)) AND NOT EXISTS (
                    SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.notification_id = n.id)",
    },
];

/// Unsettled reservations without an outbox row: a workflow should be driving each, or
/// waiting for it.
pub const EXPECTED_DRIVERS: &str = concat!(
    "SELECT ",
    wire_id!("r.id"),
    " FROM reservations r WHERE r.settled_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM outbox x WHERE x.entity_id = ",
    wire_id!("r.id"),
    ")"
);
