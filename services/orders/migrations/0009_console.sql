-- Parcels are found by their number. While it is sealed, by what stands for it; NULL: it is plain, or it was sealed before
-- there was this column, and is not found.
ALTER TABLE parcels ADD COLUMN tracking_pseudonym text;
CREATE INDEX parcels_by_number ON parcels (coalesce(tracking_pseudonym, tracking_number));

-- What changes of a cancelled order, while it is undone, is told to nobody: a list that is kept open finds it here.
CREATE INDEX orders_cancelled ON orders (updated_at) WHERE status = 'CANCELLED';

-- Figures are made of the notifications of some time, which lie together: a few pages for each write of this index.
CREATE INDEX notifications_by_time ON notifications USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
