INSERT INTO products (id, name) VALUES
    ('PROD-001', 'Laptop XPS 15'),
    ('PROD-002', 'iPhone 15 Pro'),
    ('PROD-003', 'Sony Headphones XM5'),
    ('PROD-004', 'Samsung TV 65"'),
    ('PROD-005', 'Gaming Mouse');

INSERT INTO locations (id) VALUES ('MAIN');

INSERT INTO stock (product_id, location, on_hand, held_back, opening_on_hand, opening_held_back) VALUES
    ('PROD-001', 'MAIN', 50, 5, 50, 5),
    ('PROD-002', 'MAIN', 100, 10, 100, 10),
    ('PROD-003', 'MAIN', 30, 2, 30, 2),
    ('PROD-004', 'MAIN', 12, 2, 12, 2),
    ('PROD-005', 'MAIN', 5, 0, 5, 0);
