//! Servers of a test's own, to be stopped, killed and emptied.

use crate::certificates::Certificates;
use stack::{Postgres, Progress, Server, Temporal, postgres, temporal};
use std::path::PathBuf;

/// A Temporal for one test.
pub struct OwnTemporal {
    /// Its process.
    pub server: Server,
    temporal: Temporal,
    directory: PathBuf,
}

/// A Postgres for one test.
pub struct OwnPostgres {
    /// Its process.
    pub server: Server,
    postgres: Postgres,
    directory: PathBuf,
}

pub(crate) fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("oms-{name}-{}", uuid::Uuid::now_v7().simple()))
}

/// Starts a Temporal.
pub async fn temporal() -> OwnTemporal {
    let directory = place("temporal");
    let options = temporal::Options {
        name: "temporal".to_owned(),
        log: directory.join("log"),
        directory: directory.clone(),
        port: 0,
        ui_port: None,
        ui_codec: None,
        http_port: 0,
        metrics_port: 0,
        from_path: false,
    };
    let (temporal, server) =
        Temporal::start(&options, &Progress::silent()).await.expect("a Temporal of the test's own");
    OwnTemporal { server, temporal, directory }
}

impl OwnTemporal {
    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.temporal.address())
    }

    /// Kills it, deletes its database and starts it again.
    pub async fn forget_everything(&mut self) {
        self.server.kill().await;
        stack::temporal::delete_database(&self.directory).expect("its database deleted");
        self.server.restart().await.expect("Temporal starts again");
    }

    /// Audits the orders service against this Temporal; the test fails on any finding.
    pub async fn audit(&self, orders: tonic::transport::Channel) {
        let temporal = Some((self.url(), "default".to_owned()));
        crate::audit_clean(&audit::Targets { orders: Some(orders), temporal, ..Default::default() }).await;
    }
}

impl Drop for OwnTemporal {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Starts a Postgres.
pub async fn postgres() -> OwnPostgres {
    postgres_with(None).await
}

/// Starts one that nobody reaches without TLS and a certificate.
pub async fn postgres_with_tls(certificates: &Certificates) -> OwnPostgres {
    postgres_with(Some(certificates.folder().to_owned())).await
}

async fn postgres_with(certificates: Option<PathBuf>) -> OwnPostgres {
    let directory = place("postgres");
    let options = postgres::Options {
        name: "postgres".to_owned(),
        log: directory.with_extension("log"),
        directory: directory.clone(),
        port: 0,
        // It will be killed, and must not forget what it has confirmed.
        durable: true,
        certificates,
    };
    let (postgres, server) =
        Postgres::start(&options, &Progress::silent()).await.expect("a Postgres of the test's own");
    OwnPostgres { server, postgres, directory }
}

impl OwnPostgres {
    /// A superuser's URL.
    pub fn url(&self) -> String {
        self.postgres.url("postgres")
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.directory);
        let _ = std::fs::remove_file(self.directory.with_extension("log"));
    }
}
