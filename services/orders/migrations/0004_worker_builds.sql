-- Every build of the worker that has run here. The one with the highest revision gets Temporal's work; among equals, the
-- one that came last.
CREATE TABLE worker_builds (
    build_id text PRIMARY KEY,
    revision bigint NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
