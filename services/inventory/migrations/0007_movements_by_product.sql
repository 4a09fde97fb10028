-- Lists of a product's movements run by their numbers. Nothing looked for them by location, and an index that a movement
-- does not have to be written into costs nothing.
CREATE INDEX movements_by_product ON movements (product_id, id);
DROP INDEX movements_by_stock;
