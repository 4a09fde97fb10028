-- Whose order it pays: that customer may see it. NULL: only staff and services may.
ALTER TABLE payments ADD COLUMN customer_id text;
CREATE INDEX payments_by_customer ON payments (customer_id, id) WHERE customer_id IS NOT NULL;
