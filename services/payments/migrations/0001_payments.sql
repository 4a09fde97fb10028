CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    method text NOT NULL,
    -- The provider's token: a secret, gone once the payment can't be charged any more.
    token text,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    -- Attempts begun. While one is in flight its outcome is not known; the provider is asked
    -- again under the same key, so often so far.
    attempts integer NOT NULL DEFAULT 0,
    in_flight boolean NOT NULL DEFAULT false,
    repeats integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    provider_reference text,
    -- Admitted refunds, pending ones included.
    refunded_minor bigint NOT NULL DEFAULT 0,
    -- Key of the saga step that made it, and a hash of what the step asked for. Never expires.
    saga_key text,
    saga_hash bytea,
    -- Sequence number of the last event.
    seq bigint NOT NULL,
    -- NULL: a workflow is, or soon should be, driving this payment.
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    CONSTRAINT payments_saga_key UNIQUE (saga_key),
    CONSTRAINT payments_amount CHECK (amount_minor > 0),
    CONSTRAINT payments_refunded CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_status_known CHECK (status IN (
        'PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
    CONSTRAINT payments_method_known CHECK (method IN ('CREDIT_CARD', 'BANK_TRANSFER', 'CASH', 'E_WALLET')),
    CONSTRAINT payments_in_flight CHECK (NOT in_flight OR (status = 'PROCESSING' AND attempts > 0)),
    CONSTRAINT payments_token_gone CHECK (token IS NULL OR status IN ('PENDING', 'PROCESSING')),
    CONSTRAINT payments_completed CHECK (
        (completed_at IS NOT NULL) = (status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'))),
    CONSTRAINT payments_not_settled CHECK (settled_at IS NULL OR status NOT IN ('PENDING', 'PROCESSING'))
);
-- Ids are in order of creation, so these serve the filtered lists and their pages.
CREATE INDEX payments_by_order ON payments (order_id, id);
CREATE INDEX payments_by_status ON payments (status, id);
CREATE INDEX payments_unsettled ON payments (updated_at) WHERE settled_at IS NULL;

CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments (id),
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    status text NOT NULL,
    -- Why it was asked for, or why it failed.
    reason text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    in_flight boolean NOT NULL DEFAULT false,
    repeats integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    provider_reference text,
    saga_key text,
    saga_hash bytea,
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    CONSTRAINT refunds_saga_key UNIQUE (saga_key),
    CONSTRAINT refunds_amount CHECK (amount_minor > 0),
    CONSTRAINT refunds_status_known CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED')),
    CONSTRAINT refunds_in_flight CHECK (NOT in_flight OR (status = 'PROCESSING' AND attempts > 0)),
    CONSTRAINT refunds_completed CHECK ((completed_at IS NOT NULL) = (status = 'COMPLETED')),
    CONSTRAINT refunds_settled CHECK ((settled_at IS NOT NULL) = (status IN ('COMPLETED', 'FAILED')))
);
CREATE INDEX refunds_by_payment ON refunds (payment_id, id);
CREATE INDEX refunds_by_status ON refunds (status, id);
CREATE INDEX refunds_unsettled ON refunds (updated_at) WHERE settled_at IS NULL;

CREATE TABLE payment_events (
    payment_id uuid NOT NULL REFERENCES payments (id),
    seq bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    actor text NOT NULL,
    -- The provider attempt it belongs to; 0: none.
    attempt integer NOT NULL DEFAULT 0,
    refund_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (payment_id, seq)
);

-- Double entry: debits above 0, credits below. A capture debits the provider's clearing account and
-- credits sales; a refund does the reverse. Each pair sums to zero, and there is one per capture
-- and one per refund.
CREATE TABLE ledger_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments (id),
    refund_id uuid REFERENCES refunds (id),
    account text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_account_known CHECK (account IN ('PROVIDER_CLEARING', 'SALES')),
    CONSTRAINT ledger_direction CHECK ((amount_minor > 0) = ((account = 'PROVIDER_CLEARING') = (refund_id IS NULL)))
);
CREATE UNIQUE INDEX ledger_one_capture ON ledger_entries (payment_id, account) WHERE refund_id IS NULL;
CREATE UNIQUE INDEX ledger_one_refund ON ledger_entries (refund_id, account) WHERE refund_id IS NOT NULL;
CREATE INDEX ledger_by_payment ON ledger_entries (payment_id);

CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL,
    -- The event it tells of.
    seq bigint NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (payment_id, seq)
);

-- The books of the simulated provider, which stands for a company elsewhere: it writes them in
-- transactions of its own, and no other part of the service reads them, the audit excepted.
CREATE TABLE simulator_effects (
    -- The idempotency key: `{payment or refund}/{attempt}`.
    key text PRIMARY KEY,
    kind text NOT NULL,
    -- The payment or refund of the key.
    subject text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL DEFAULT '',
    -- The provider's id of the charge or refund that was made.
    reference text,
    -- What a test token asked the provider to do.
    script text,
    -- How often the key was used.
    calls integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT simulator_reference UNIQUE (reference),
    CONSTRAINT simulator_kind_known CHECK (kind IN ('CHARGE', 'REFUND')),
    CONSTRAINT simulator_outcome_known CHECK (outcome IN ('SUCCEEDED', 'DECLINED', 'NOT_DONE'))
);
CREATE INDEX simulator_by_subject ON simulator_effects (subject);

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
