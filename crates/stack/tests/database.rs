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
async fn each_role_owns_its_schema_and_reaches_no_other() {
    let database = provisioned("roles").await;
    for service in SERVICES {
        let mut own = PgConnection::connect(&database.url(service).unwrap()).await.unwrap();
        sqlx::raw_sql("CREATE TABLE secret (x int); INSERT INTO secret VALUES (1)").execute(&mut own).await.unwrap();
        let path: String = sqlx::query("SHOW search_path").fetch_one(&mut own).await.unwrap().get(0);
        assert_eq!(path, service);
    }
    for service in SERVICES {
        let mut own = PgConnection::connect(&database.url(service).unwrap()).await.unwrap();
        let mut forbidden: Vec<String> = vec!["CREATE TABLE public.t (x int)".into(), "CREATE SCHEMA mine".into()];
        for other in SERVICES.into_iter().filter(|other| *other != service) {
            forbidden.push(format!("SELECT * FROM {other}.secret"));
            forbidden.push(format!("CREATE TABLE {other}.t (x int)"));
            forbidden.push(format!("SET ROLE {other}"));
        }
        for sql in forbidden {
            let error = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut own).await.unwrap_err();
            let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
            assert_eq!(code, "42501", "{service}: {sql}: {error}");
        }
    }
    drop_database(database).await;
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
