-- What the services and Temporal find in their Postgres: for each service a schema in the database `oms`, a role that owns
-- it and makes its tables (`database.migration_url`), and one that reads and writes them and can do nothing else
-- (`database.url`), neither with rights elsewhere; for Temporal a role and two databases, whose tables it makes itself.
--
-- Run once, by a superuser. Under compose Postgres does that when its volume is new; anywhere else, with the seven
-- passwords in the environment:  psql --set ON_ERROR_STOP=1 --file deploy/postgres/init.sql "$ADMIN_URL"

\getenv orders_password ORDERS_DB_PASSWORD
\getenv payments_password PAYMENTS_DB_PASSWORD
\getenv inventory_password INVENTORY_DB_PASSWORD
\getenv orders_owner_password ORDERS_OWNER_DB_PASSWORD
\getenv payments_owner_password PAYMENTS_OWNER_DB_PASSWORD
\getenv inventory_owner_password INVENTORY_OWNER_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD

CREATE ROLE orders LOGIN PASSWORD :'orders_password';
CREATE ROLE payments LOGIN PASSWORD :'payments_password';
CREATE ROLE inventory LOGIN PASSWORD :'inventory_password';
CREATE ROLE orders_owner LOGIN PASSWORD :'orders_owner_password';
CREATE ROLE payments_owner LOGIN PASSWORD :'payments_owner_password';
CREATE ROLE inventory_owner LOGIN PASSWORD :'inventory_owner_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';

-- The same order of strings on every machine, whatever locales it has.
CREATE DATABASE oms TEMPLATE template0 ENCODING 'UTF8'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE oms FROM PUBLIC;
GRANT CONNECT ON DATABASE oms TO orders, payments, inventory, orders_owner, payments_owner, inventory_owner;
ALTER ROLE orders IN DATABASE oms SET search_path = orders;
ALTER ROLE orders_owner IN DATABASE oms SET search_path = orders;
ALTER ROLE payments IN DATABASE oms SET search_path = payments;
ALTER ROLE payments_owner IN DATABASE oms SET search_path = payments;
ALTER ROLE inventory IN DATABASE oms SET search_path = inventory;
ALTER ROLE inventory_owner IN DATABASE oms SET search_path = inventory;

CREATE DATABASE temporal OWNER temporal;
REVOKE ALL ON DATABASE temporal FROM PUBLIC;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE temporal_visibility FROM PUBLIC;

-- What is in these is nobody's business either.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;

-- Whoever is no superuser may make a schema only for a role it is in.
GRANT orders_owner, payments_owner, inventory_owner TO CURRENT_USER;
\connect oms
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA orders AUTHORIZATION orders_owner;
GRANT USAGE ON SCHEMA orders TO orders;
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner IN SCHEMA orders GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orders;
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner IN SCHEMA orders GRANT USAGE ON SEQUENCES TO orders;

CREATE SCHEMA payments AUTHORIZATION payments_owner;
GRANT USAGE ON SCHEMA payments TO payments;
ALTER DEFAULT PRIVILEGES FOR ROLE payments_owner IN SCHEMA payments GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO payments;
ALTER DEFAULT PRIVILEGES FOR ROLE payments_owner IN SCHEMA payments GRANT USAGE ON SEQUENCES TO payments;

CREATE SCHEMA inventory AUTHORIZATION inventory_owner;
GRANT USAGE ON SCHEMA inventory TO inventory;
ALTER DEFAULT PRIVILEGES FOR ROLE inventory_owner IN SCHEMA inventory GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO inventory;
ALTER DEFAULT PRIVILEGES FOR ROLE inventory_owner IN SCHEMA inventory GRANT USAGE ON SEQUENCES TO inventory;
