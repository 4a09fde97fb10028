-- What the services and Temporal find in their Postgres: for each service a role, and in the database `oms` a schema of
-- its own, with no rights elsewhere; for Temporal a role and two databases. The tables they make themselves.
--
-- Run once, by a superuser. Under compose Postgres does that when its volume is new; anywhere else, with the four
-- passwords in the environment:  psql --set ON_ERROR_STOP=1 --file deploy/postgres/init.sql "$ADMIN_URL"

\getenv orders_password ORDERS_DB_PASSWORD
\getenv payments_password PAYMENTS_DB_PASSWORD
\getenv inventory_password INVENTORY_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD

CREATE ROLE orders LOGIN PASSWORD :'orders_password';
CREATE ROLE payments LOGIN PASSWORD :'payments_password';
CREATE ROLE inventory LOGIN PASSWORD :'inventory_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';

-- The same order of strings on every machine, whatever locales it has.
CREATE DATABASE oms TEMPLATE template0 ENCODING 'UTF8'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE oms FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE oms TO orders, payments, inventory;
ALTER ROLE orders IN DATABASE oms SET search_path = orders;
ALTER ROLE payments IN DATABASE oms SET search_path = payments;
ALTER ROLE inventory IN DATABASE oms SET search_path = inventory;

CREATE DATABASE temporal OWNER temporal;
REVOKE ALL ON DATABASE temporal FROM PUBLIC;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE temporal_visibility FROM PUBLIC;

-- Whoever is no superuser may make a schema only for a role it is in.
GRANT orders, payments, inventory TO CURRENT_USER;
\connect oms
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA orders AUTHORIZATION orders;
CREATE SCHEMA payments AUTHORIZATION payments;
CREATE SCHEMA inventory AUTHORIZATION inventory;
