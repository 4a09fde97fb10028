-- The trace in which the payment was made, if it is recorded: what is told or decided of it later refers to it.
-- W3C Trace Context.
ALTER TABLE payments ADD COLUMN traceparent text;
