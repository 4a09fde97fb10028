-- The trace in which the change was made: whoever wakes the workflow goes on with it. W3C Trace Context.
ALTER TABLE outbox ADD COLUMN traceparent text;
