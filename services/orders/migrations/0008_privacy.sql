-- What was sealed with a customer's key can be read while that key is here, and nowhere afterwards.
CREATE TABLE customer_keys (
    id uuid PRIMARY KEY,
    -- A pseudonym of the customer's id.
    customer text NOT NULL,
    -- The key, sealed by the key of the ring with this id.
    ring_key text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customer_keys_customer UNIQUE (customer)
);

-- With encryption customer_id holds the pseudonym, and this the id, sealed. NULL: customer_id is the id. Empty: the
-- customer was erased.
ALTER TABLE orders ADD COLUMN customer_sealed text;

-- Who had a customer erased; of whom is not kept. The orders have 'erased:' and the id as customer_id.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    orders bigint NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
