//! What a service's role may do in Postgres: read and write its own tables, and nothing else. The system works with that.

use crate::whole::System;
use contracts::orders::OrderStatus;
use serde_json::{Value, json};
use service::Role;
use service::config::load;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::{PATIENCE, Running, Site};
use tokio_util::sync::CancellationToken;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// `insufficient_privilege`, as Postgres says it.
const REFUSED: &str = "42501";
const SERVICES: [&str; 3] = ["orders", "payments", "inventory"];

/// What nobody who has taken over a service should get done in its database.
fn forbidden(service: &str) -> Vec<String> {
    let table = match service {
        "inventory" => "products",
        name => name,
    };
    let mut statements: Vec<String> = [
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "ALTER TABLE outbox ADD COLUMN mine text",
        "ALTER TABLE outbox DISABLE TRIGGER ALL",
        "DROP TABLE outbox",
        "TRUNCATE outbox",
        "CREATE INDEX ON outbox (id)",
        "DROP FUNCTION tell_webhooks() CASCADE",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, '', true, '', 0)",
        "UPDATE _sqlx_migrations SET checksum = ''",
        "DELETE FROM _sqlx_migrations",
        "COPY outbox TO PROGRAM 'true'",
        "COPY outbox FROM PROGRAM 'true'",
        "COPY outbox TO '/tmp/outbox'",
        "SELECT * FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "SET ROLE postgres",
        "SET session_replication_role = replica",
    ]
    .map(str::to_owned)
    .to_vec();
    statements.push(format!("ALTER TABLE {table} DROP COLUMN status"));
    statements.push(format!("SET ROLE {service}_owner"));
    for other in SERVICES.into_iter().filter(|other| *other != service) {
        statements.push(format!("SELECT * FROM {other}.outbox"));
        statements.push(format!("INSERT INTO {other}.outbox SELECT * FROM {other}.outbox"));
        statements.push(format!("SELECT * FROM {other}._sqlx_migrations"));
        statements.push(format!("SET ROLE {other}"));
        statements.push(format!("SET ROLE {other}_owner"));
    }
    statements
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_reads_and_writes_its_tables_and_nothing_else() {
    let system = System::start().await;
    for service in SERVICES {
        let mut own = PgConnection::connect(&system.site().database_url(service)).await.unwrap();
        for statement in forbidden(service) {
            let outcome = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut own).await;
            let error = outcome.expect_err(&format!("{service}: {statement}"));
            let code = error.as_database_error().and_then(|e| e.code().map(String::from));
            assert_eq!(code.as_deref(), Some(REFUSED), "{service}: {statement}: {error}");
        }
    }
    // The system works: every table is written, its triggers run, all is undone.
    let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
        "total_amount": 1299.99, "payment_method": "CREDIT_CARD"});
    let (_, reply) = system.post("/orders", order).await;
    let id = reply["order_id"].as_str().unwrap();
    system.until(id, OrderStatus::PendingApproval).await;
    assert_eq!(system.post(&format!("/orders/{id}/approve"), Value::Null).await.0, 202);
    system.until(id, OrderStatus::Processing).await;
    assert_eq!(system.post(&format!("/orders/{id}/cancel"), json!({"reason": "enough"})).await.0, 202);
    let undone = async { while system.get(&format!("/orders/{id}")).await.1["unwinding"] != false {} };
    tokio::time::timeout(PATIENCE, undone).await.unwrap();
    system.audit().await;
}

/// As in a deployment whose processes do not have the owner's password.
#[tokio::test(flavor = "multi_thread")]
async fn one_without_the_right_waits_for_the_migrations() {
    let site = Site::new().await;
    let mut config: orders::config::Config = load(orders::config::DEFAULTS, None).unwrap();
    site.adopt("orders", &mut config.database, &mut config.temporal);
    let migrating = config.clone();
    config.database.migration_url = "".into();
    let service = Running::start(|listener, stop| orders::run(config, Role::Api, Some(listener), stop)).await;
    let mut own = PgConnection::connect(&site.database_url("orders")).await.unwrap();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'orders'";
    assert_eq!(sqlx::query_scalar::<_, i64>(tables).fetch_one(&mut own).await.unwrap(), 0);

    // Comes, migrates, goes.
    orders::run(migrating, Role::Migrate, None, CancellationToken::new()).await.unwrap();
    let request = HealthCheckRequest { service: String::new() };
    let ready = async {
        while HealthClient::new(service.channel()).check(request.clone()).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
}
