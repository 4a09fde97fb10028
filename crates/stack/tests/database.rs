//! Roles and schemas, on the Postgres all tests share.
#![expect(clippy::unwrap_used, reason = "a test")]

use sqlx::{Connection, PgConnection, Row};
use stack::database::{self, SERVICES};
use stack::testing::Shared;

async fn provisioned(name: &str) -> database::Database {
    let shared = Shared::from_env().unwrap();
    let name = format!("stack_{name}_{}", std::process::id());
    database::provision(&shared.database_url, &name).await.unwrap()
}

async fn drop_database(database: database::Database) {
    let mut admin = PgConnection::connect(&Shared::from_env().unwrap().database_url).await.unwrap();
    let sql = format!("DROP DATABASE \"{}\" WITH (FORCE)", database.name());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
}

#[tokio::test]
async fn each_role_reaches_its_schema_and_no_other() {
    let database = provisioned("roles").await;
    for service in SERVICES {
        let mut owner = PgConnection::connect(&database.migration_url(service).unwrap()).await.unwrap();
        sqlx::raw_sql("CREATE TABLE secret (x int)").execute(&mut owner).await.unwrap();
        let mut own = PgConnection::connect(&database.url(service).unwrap()).await.unwrap();
        works(&mut own).await;
        let path: String = sqlx::query("SHOW search_path").fetch_one(&mut own).await.unwrap().get(0);
        assert_eq!(path, service);
    }
    everything_else_is_forbidden(&database).await;
    drop_database(database).await;
}

/// In a database of earlier times the service's role owns its schema.
#[tokio::test]
async fn an_owner_of_earlier_times_becomes_a_mere_user() {
    let database = provisioned("earlier").await;
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    for service in SERVICES {
        let earlier = format!(
            "DROP SCHEMA {service} CASCADE; CREATE SCHEMA {service} AUTHORIZATION {service};
             SET ROLE {service}; CREATE TABLE {service}.secret (x int); CREATE TABLE {service}._sqlx_migrations (x int);
             RESET ROLE"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(earlier)).execute(&mut admin).await.unwrap();
    }
    let database = database::provision(&Shared::from_env().unwrap().database_url, database.name()).await.unwrap();
    for service in SERVICES {
        let mut own = PgConnection::connect(&database.url(service).unwrap()).await.unwrap();
        works(&mut own).await;
        for statement in ["DROP TABLE secret", "INSERT INTO _sqlx_migrations VALUES (1)", "CREATE TABLE t (x int)"] {
            refused(&mut own, statement).await;
        }
        let mut owner = PgConnection::connect(&database.migration_url(service).unwrap()).await.unwrap();
        sqlx::raw_sql("ALTER TABLE secret ADD COLUMN y int; INSERT INTO _sqlx_migrations VALUES (1)")
            .execute(&mut owner)
            .await
            .unwrap();
    }
    everything_else_is_forbidden(&database).await;
    drop_database(database).await;
}

async fn works(own: &mut PgConnection) {
    let all =
        "INSERT INTO secret VALUES (1); UPDATE secret SET x = 2; DELETE FROM secret; INSERT INTO secret VALUES (1)";
    sqlx::raw_sql(all).execute(own).await.unwrap();
}

async fn refused(own: &mut PgConnection, statement: &str) {
    let error = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(own).await.unwrap_err();
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
    assert_eq!(code, "42501", "{statement}: {error}");
}

async fn everything_else_is_forbidden(database: &database::Database) {
    for service in SERVICES {
        let mut own = PgConnection::connect(&database.url(service).unwrap()).await.unwrap();
        let mut forbidden: Vec<String> = vec!["CREATE TABLE public.t (x int)".into(), "CREATE SCHEMA mine".into()];
        forbidden.push("CREATE TEMPORARY TABLE mine (x int)".into());
        forbidden.push("TRUNCATE secret".into());
        forbidden.push(format!("SET ROLE {service}_owner"));
        for other in SERVICES.into_iter().filter(|other| *other != service) {
            forbidden.push(format!("SELECT * FROM {other}.secret"));
            forbidden.push(format!("CREATE TABLE {other}.t (x int)"));
            forbidden.push(format!("SET ROLE {other}"));
        }
        for statement in forbidden {
            refused(&mut own, &statement).await;
        }
    }
}

#[tokio::test]
async fn provisioning_can_be_repeated_and_run_by_many_at_once() {
    let shared = Shared::from_env().unwrap();
    let name = format!("stack_many_{}", std::process::id());
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (url, name) = (shared.database_url.clone(), name.clone());
        all.spawn(async move { database::provision(&url, &name).await });
    }
    let databases: Vec<_> = all.join_all().await.into_iter().map(Result::unwrap).collect();
    let urls: Vec<String> = databases.iter().map(|database| database.url("orders").unwrap()).collect();
    assert!(urls.windows(2).all(|pair| pair[0] == pair[1]));
    drop_database(databases.into_iter().next().unwrap()).await;
}
