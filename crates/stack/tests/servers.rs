//! Servers of one's own, as tests use them that stop or kill one.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sqlx::{Connection, PgConnection, Row};
use stack::temporal::on_postgres::{self, OnPostgres};
use stack::testing::Shared;
use stack::{Postgres, Progress, Temporal, postgres, temporal};

/// Open to Postgres's account; removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("oms-stack-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn postgres_keeps_its_data_when_it_is_killed() {
    let folder = Folder::new("postgres");
    let options = postgres::Options {
        name: "postgres".into(),
        directory: folder.0.join("postgres"),
        log: folder.0.join("postgres.log"),
        port: 0,
        durable: true,
        certificates: None,
    };
    let (postgres, mut server) = Postgres::start(&options, &Progress::silent()).await.unwrap();
    let url = postgres.url("postgres");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept AS SELECT 7 AS x").execute(&mut connection).await.unwrap();

    server.kill().await;
    assert!(!server.is_running() && PgConnection::connect(&url).await.is_err());

    server.restart().await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let kept: i32 = sqlx::query("SELECT x FROM kept").fetch_one(&mut connection).await.unwrap().get(0);
    assert_eq!(kept, 7);
    assert_eq!(server.stop().await.code, Some(0));
}

#[tokio::test]
async fn two_temporals_run_side_by_side_and_restart() {
    let folder = Folder::new("temporal");
    let start =
        async |name: &str| Temporal::start(&temporal_options(&folder.0, name), &Progress::silent()).await.unwrap();
    let ((one, mut first), (two, mut second)) = tokio::join!(start("one"), start("two"));
    assert_ne!(one.address(), two.address());
    first.kill().await;
    temporal::delete_database(&folder.0.join("one")).unwrap();
    first.restart().await.unwrap();
    assert!(first.is_running() && second.is_running());
    tokio::join!(first.stop(), second.stop());
}

fn temporal_options(folder: &Path, name: &str) -> temporal::Options {
    temporal::Options {
        name: name.into(),
        directory: folder.join(name),
        log: folder.join(format!("{name}.log")),
        port: 0,
        ui_port: None,
        ui_codec: None,
        http_port: 0,
        metrics_port: 0,
        from_path: false,
    }
}

#[tokio::test]
async fn a_temporal_on_postgres_keeps_its_state_when_it_is_killed() {
    let folder = Folder::new("production");
    let admin_url = Shared::from_env().unwrap().database_url;
    let binaries = on_postgres::Binaries::build(&Progress::silent()).await.unwrap();
    let mut options = on_postgres::Options {
        directory: folder.0.join("configuration"),
        log: folder.0.join("log"),
        database: format!("temporal_stack_{}", std::process::id()),
        ports: on_postgres::Ports::free().unwrap(),
        ui: None,
        certificates: None,
    };
    let (_, mut server) = OnPostgres::start(&binaries, &options, &admin_url).await.unwrap();
    for file in std::fs::read_dir(&options.directory).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    let namespace = namespace_id(&server).await;
    server.kill().await;
    server.restart().await.unwrap();
    assert_eq!(namespace_id(&server).await, namespace);
    server.stop().await;

    // All of it again, as by the next `up`, and on other ports: the databases stay.
    options.ports = on_postgres::Ports::free().unwrap();
    let (_, mut server) = OnPostgres::start(&binaries, &options, &admin_url).await.unwrap();
    assert_eq!(namespace_id(&server).await, namespace);
    server.stop().await;

    let mut admin = PgConnection::connect(&admin_url).await.unwrap();
    for database in [options.database.clone(), format!("{}_visibility", options.database)] {
        let sql = sqlx::AssertSqlSafe(format!("DROP DATABASE \"{database}\" WITH (FORCE)"));
        sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    }
}

/// The id that the namespace `default` got when it was registered.
async fn namespace_id(server: &stack::Server) -> String {
    let Some(stack::Health::Http(url)) = &server.spec().health else { panic!("no address") };
    let answer: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    answer["namespaceInfo"]["id"].as_str().unwrap().to_owned()
}
