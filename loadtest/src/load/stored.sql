-- $1 orders after $2 that are there: ids as the service makes them (version 7), a millisecond apart, all before today's; of a thousand
-- customers; each approved and settled.
WITH made AS (
    SELECT (lpad(to_hex((extract(epoch FROM now() - interval '30 days') * 1000)::bigint + $2 + n), 12, '0')
            || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid AS id,
        n, now() - interval '30 days' + (($2 + n) || ' milliseconds')::interval AS at
    FROM generate_series(1, $1) n),
o AS (
    INSERT INTO orders.orders (id, customer_id, status, currency, total_minor, seq, settled_at, created_at, updated_at)
    SELECT id, 'STORED-' || n % 1000, 'APPROVED', 'USD', 1000, 5, at, at, at FROM made),
l AS (
    INSERT INTO orders.order_lines (order_id, line_no, product_id, quantity, price_minor)
    SELECT id, 1, 'LOAD-' || lpad((n % 10000)::text, 5, '0'), 1, 1000 FROM made)
INSERT INTO orders.order_events (order_id, seq, kind, status, actor, at)
SELECT id, seq, kind, status, 'fill', at FROM made, (VALUES
    (1, 'STATUS_CHANGED', 'CREATED'), (2, 'STATUS_CHANGED', 'VALIDATION_PENDING'),
    (3, 'STATUS_CHANGED', 'PENDING_APPROVAL'), (4, 'STATUS_CHANGED', 'APPROVED'), (5, 'SETTLED', 'APPROVED')
) AS events (seq, kind, status)
