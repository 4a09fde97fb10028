CREATE TABLE orders (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    -- What was done for a cancelled order is being undone.
    unwinding boolean NOT NULL DEFAULT false,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    payment_method text,
    payment_token text,
    payment_id text,
    reservation_id text,
    carrier text,
    tracking_number text,
    -- Definite failures of the validator so far, and when it may be tried again.
    validation_failures integer NOT NULL DEFAULT 0,
    validation_due_at timestamptz,
    -- Sequence number of the last event.
    seq bigint NOT NULL,
    -- NULL: a workflow is, or soon should be, driving this order or waiting for it.
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_status_known CHECK (status IN (
        'CREATED', 'VALIDATION_PENDING', 'PENDING_APPROVAL', 'APPROVED', 'PAYMENT_PENDING', 'PAYMENT_COMPLETED',
        'PROCESSING', 'SHIPPED', 'DELIVERED', 'VALIDATION_FAILED', 'AUTO_REJECTED', 'REJECTED', 'CANCELLED')),
    CONSTRAINT orders_unwinding_not_settled CHECK (NOT (unwinding AND settled_at IS NOT NULL))
);
-- Ids are in order of creation, so these serve the filtered lists and their pages.
CREATE INDEX orders_by_customer ON orders (customer_id, id);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_unsettled ON orders (updated_at) WHERE settled_at IS NULL;

CREATE TABLE order_lines (
    order_id uuid NOT NULL REFERENCES orders (id),
    line_no integer NOT NULL,
    product_id text NOT NULL,
    quantity bigint NOT NULL,
    price_minor bigint NOT NULL,
    PRIMARY KEY (order_id, line_no),
    CONSTRAINT order_lines_quantity CHECK (quantity BETWEEN 1 AND 1000000)
);

CREATE TABLE order_events (
    order_id uuid NOT NULL REFERENCES orders (id),
    seq bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, seq)
);

CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (order_id, seq)
);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity_id text NOT NULL,
    start boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now() + interval '2 seconds',
    attempts integer NOT NULL DEFAULT 0,
    parked_at timestamptz,
    last_error text
);
CREATE INDEX outbox_due ON outbox (start, next_attempt_at) WHERE parked_at IS NULL;
CREATE INDEX outbox_entity ON outbox (entity_id);

CREATE TABLE idempotency (
    caller text NOT NULL,
    method text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    code integer NOT NULL,
    reply bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, method, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
