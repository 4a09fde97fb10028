-- Undos of which a delay was told: few, and counted every few seconds.
CREATE INDEX order_journal_delayed ON order_journal (step) WHERE undo_told AND state IN ('STARTED', 'DONE');
