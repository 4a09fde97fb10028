-- Ids are compared byte by byte here as in the program: all locks are taken in that order.
CREATE TABLE products (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE locations (
    id text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Available = on_hand - held_back - reserved.
CREATE TABLE stock (
    product_id text COLLATE "C" NOT NULL REFERENCES products (id),
    location text COLLATE "C" NOT NULL REFERENCES locations (id),
    on_hand bigint NOT NULL DEFAULT 0,
    held_back bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    -- What was there before the first movement; never changes.
    opening_on_hand bigint NOT NULL DEFAULT 0,
    opening_held_back bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (product_id, location),
    CONSTRAINT stock_held_back_not_negative CHECK (held_back >= 0),
    CONSTRAINT stock_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_not_oversold CHECK (reserved + held_back <= on_hand)
);

CREATE TABLE reservations (
    id uuid PRIMARY KEY,
    order_id text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    -- Several locations: the workflow holds them one by one.
    saga boolean NOT NULL,
    -- The caller's step that made it; never expires.
    saga_key text,
    -- What the saga held is being given back.
    unwinding boolean NOT NULL DEFAULT false,
    -- What was missing, when REJECTED: [{product_id, location, requested, available}].
    shortages jsonb NOT NULL DEFAULT '[]',
    -- Lines and shortages, to keep the pages of lists small.
    weight integer NOT NULL,
    expires_at timestamptz,
    -- Sequence number of the last event.
    seq bigint NOT NULL,
    -- NULL: a workflow is, or soon should be, driving this reservation or waiting for it.
    settled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reservations_saga_key UNIQUE (saga_key),
    CONSTRAINT reservations_status_known CHECK (status IN (
        'PENDING', 'RESERVED', 'COMMITTED', 'CANCELLED', 'EXPIRED', 'REJECTED')),
    CONSTRAINT reservations_unwinding_final CHECK (NOT unwinding OR status IN ('CANCELLED', 'REJECTED')),
    CONSTRAINT reservations_unwinding_not_settled CHECK (NOT (unwinding AND settled_at IS NOT NULL))
);
-- Ids are in order of creation, so these serve the filtered lists and their pages.
CREATE INDEX reservations_by_order ON reservations (order_id, id);
CREATE INDEX reservations_by_status ON reservations (status, id);
CREATE INDEX reservations_unsettled ON reservations (updated_at) WHERE settled_at IS NULL;

-- One line for each product and location, however many lines were asked for.
CREATE TABLE reservation_lines (
    reservation_id uuid NOT NULL REFERENCES reservations (id),
    line_no integer NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (reservation_id, line_no),
    UNIQUE (reservation_id, product_id, location),
    FOREIGN KEY (product_id, location) REFERENCES stock (product_id, location),
    CONSTRAINT reservation_lines_quantity CHECK (quantity > 0),
    CONSTRAINT reservation_lines_state CHECK (state IN ('PLANNED', 'HELD', 'RELEASED', 'COMMITTED'))
);

CREATE TABLE reservation_events (
    reservation_id uuid NOT NULL REFERENCES reservations (id),
    seq bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    actor text NOT NULL,
    location text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (reservation_id, seq)
);

-- The saga's journal: written before and after each do. Only what it holds is undone.
CREATE TABLE reservation_journal (
    reservation_id uuid NOT NULL REFERENCES reservations (id),
    step text NOT NULL,
    attempt integer NOT NULL,
    location text COLLATE "C" NOT NULL,
    state text NOT NULL,
    -- Key of the hold that the do made.
    external_id text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (reservation_id, step, attempt),
    CONSTRAINT reservation_journal_state CHECK (state IN ('STARTED', 'DONE', 'REFUSED', 'UNDONE'))
);

-- What a saga made at one location. The key is {reservation}/{step}/{attempt} and never expires.
CREATE TABLE holds (
    key text PRIMARY KEY,
    reservation_id uuid NOT NULL REFERENCES reservations (id),
    location text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    released_at timestamptz
);
CREATE INDEX holds_by_reservation ON holds (reservation_id);

-- Every change of on_hand, and of held_back by HOLD_BACK.
CREATE TABLE movements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    type text NOT NULL,
    quantity bigint NOT NULL,
    reservation_id uuid REFERENCES reservations (id),
    reason text NOT NULL DEFAULT '',
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (product_id, location) REFERENCES stock (product_id, location),
    CONSTRAINT movements_sign CHECK (CASE type
        WHEN 'RECEIPT' THEN quantity > 0
        WHEN 'CORRECTION' THEN quantity <> 0
        WHEN 'DAMAGE' THEN quantity < 0
        WHEN 'RESTOCK' THEN quantity > 0
        WHEN 'COMMIT' THEN quantity < 0
        WHEN 'HOLD_BACK' THEN quantity <> 0
        ELSE false END),
    CONSTRAINT movements_reservation CHECK ((type IN ('RESTOCK', 'COMMIT')) = (reservation_id IS NOT NULL))
);
CREATE UNIQUE INDEX movements_by_reservation ON movements (reservation_id, type, product_id, location)
    WHERE reservation_id IS NOT NULL;
CREATE INDEX movements_by_stock ON movements (product_id, location);

CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    product_id text,
    reservation_id uuid,
    detail text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notifications_kind CHECK (kind IN ('LOW_STOCK', 'RESERVATION_EXPIRED'))
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
