-- Who is told of notifications by webhook.
CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    url text NOT NULL,
    -- The kinds it is told of; none: all.
    kinds text[] NOT NULL,
    description text NOT NULL,
    state text NOT NULL DEFAULT 'ENABLED',
    secret bytea NOT NULL,
    -- The secret before signs too, for a while.
    old_secret bytea,
    old_secret_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Since when it is in this state.
    state_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_endpoints_state CHECK (state IN ('ENABLED', 'DISABLED', 'GONE'))
);

-- A notification for an endpoint. No foreign key: every change would lock the endpoint's one row.
CREATE TABLE webhook_deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What a receiver knows it by.
    message_id uuid NOT NULL DEFAULT gen_random_uuid(),
    endpoint_id uuid NOT NULL,
    notification_id bigint NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'PENDING',
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_result text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT webhook_deliveries_state CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED')),
    CONSTRAINT webhook_deliveries_ended CHECK ((state = 'PENDING') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX webhook_deliveries_one ON webhook_deliveries (endpoint_id, notification_id);
CREATE UNIQUE INDEX webhook_deliveries_message ON webhook_deliveries (message_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE state = 'PENDING';
CREATE INDEX webhook_deliveries_ended_at ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- In the transaction of the change itself, so that none is ever missing, whoever writes the notification.
CREATE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (endpoint_id, notification_id, kind)
    SELECT e.id, NEW.id, NEW.kind FROM webhook_endpoints e
    WHERE e.state = 'ENABLED' AND (e.kinds = '{}' OR NEW.kind = ANY (e.kinds));
    RETURN NULL;
END $$;
CREATE TRIGGER notifications_tell_webhooks AFTER INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION tell_webhooks();
