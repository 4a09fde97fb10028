-- The trace in which the order was made, if it is recorded: what is told or decided of it later refers to it.
-- W3C Trace Context.
ALTER TABLE orders ADD COLUMN traceparent text;
