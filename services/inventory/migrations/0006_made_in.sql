-- The trace in which the reservation was made, if it is recorded: what is told or decided of it later refers to it.
-- W3C Trace Context.
ALTER TABLE reservations ADD COLUMN traceparent text;
