-- What was booked of late. The table is in the order of time, so some bytes for each 16 pages of it are enough, and a
-- new entry writes none.
CREATE INDEX ledger_by_time ON ledger_entries USING brin (created_at) WITH (pages_per_range = 16, autosummarize = on);
