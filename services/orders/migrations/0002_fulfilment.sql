-- What the fulfilment of an order began, did and undid. Written before each do, and after it.
CREATE TABLE order_journal (
    order_id uuid NOT NULL REFERENCES orders (id),
    step text NOT NULL,
    -- Each attempt makes its thing under a key of its own: {order}/{step}/{attempt}.
    attempt integer NOT NULL,
    state text NOT NULL,
    -- The reservation or payment that it made.
    external_id text,
    -- The undo: which try (its key ends with it), since when, and whether a delay was told.
    undo integer NOT NULL DEFAULT 1,
    undo_since timestamptz,
    undo_told boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, step, attempt),
    CONSTRAINT order_journal_state CHECK (state IN ('STARTED', 'DONE', 'REFUSED', 'LOST', 'UNDONE'))
);

-- What left the warehouse together. Today all of an order is one parcel.
CREATE TABLE parcels (
    order_id uuid NOT NULL REFERENCES orders (id),
    parcel_no integer NOT NULL,
    carrier text NOT NULL,
    tracking_number text NOT NULL,
    shipped_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    PRIMARY KEY (order_id, parcel_no)
);

CREATE TABLE parcel_lines (
    order_id uuid NOT NULL,
    parcel_no integer NOT NULL,
    line_no integer NOT NULL,
    quantity bigint NOT NULL,
    PRIMARY KEY (order_id, parcel_no, line_no),
    FOREIGN KEY (order_id, parcel_no) REFERENCES parcels (order_id, parcel_no),
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines (order_id, line_no),
    CONSTRAINT parcel_lines_quantity CHECK (quantity > 0)
);
