//! A place of its own for each integration test: a database, task-queue names, and
//! services running in the test's process on free ports. `cargo xtask test` provides
//! the Postgres and the Temporal.
#![expect(clippy::expect_used, reason = "a test that can't start its surroundings has failed")]

mod again;
pub mod certificates;
pub mod histories;
pub mod leaks;
pub mod prometheus;
pub mod proxy;
pub mod receiver;
pub mod servers;
mod spawned;
pub mod traces;

pub use again::carried_out;
pub use spawned::Spawned;

use service::config::{Database, Temporal};
use stack::testing::Shared;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{JoinHandle, block_in_place};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

/// Longest wait for anything that should happen soon.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where one test lives.
pub struct Site {
    name: String,
    database: stack::database::Database,
    shared: Shared,
}

impl Site {
    /// A fresh database and unused names.
    pub async fn new() -> Self {
        let shared = Shared::from_env().expect("the servers of the test run");
        Self::made(shared).await
    }

    /// The same on a Postgres of the test's own; `url` is its superuser's.
    pub async fn at(url: &str) -> Self {
        let mut shared = Shared::from_env().expect("the servers of the test run");
        url.clone_into(&mut shared.database_url);
        Self::made(shared).await
    }

    async fn made(shared: Shared) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let database = stack::database::provision(&shared.database_url, &name).await.expect("a database for this test");
        Self { name, database, shared }
    }

    /// Points a service's configuration at this site.
    pub fn adopt(&self, service: &str, database: &mut Database, temporal: &mut Temporal) {
        database.url = self.database_url(service).into();
        database.migration_url = self.migration_url(service).into();
        temporal.address = self.temporal_address();
        temporal.task_queue = format!("{}-{service}", self.name);
    }

    /// The same for a service that is started as a process, from its environment.
    pub fn settings(&self, service: &str) -> Vec<(&'static str, String)> {
        vec![
            ("OMS_DATABASE__URL", self.database_url(service)),
            ("OMS_DATABASE__MIGRATION_URL", self.migration_url(service)),
            ("OMS_TEMPORAL__ADDRESS", self.temporal_address()),
            ("OMS_TEMPORAL__TASK_QUEUE", format!("{}-{service}", self.name)),
        ]
    }

    /// The URL of a service's role in this site's database.
    pub fn database_url(&self, service: &str) -> String {
        self.database.url(service).expect("the URL of a service's role")
    }

    /// The URL of the role that owns a service's schema.
    pub fn migration_url(&self, service: &str) -> String {
        self.database.migration_url(service).expect("the URL of the owner of a service's schema")
    }

    /// A superuser's URL of this site's database.
    pub fn admin_url(&self) -> String {
        self.database.admin_url()
    }

    /// `http://host:port` of Temporal.
    pub fn temporal_address(&self) -> String {
        format!("http://{}", self.shared.temporal_address)
    }

    /// Audits all three services, across them, and Temporal.
    pub async fn audit_all(&self, orders: Channel, payments: Channel, inventory: Channel) {
        let (orders, payments, inventory) = (Some(orders), Some(payments), Some(inventory));
        self.audit(audit::Targets { orders, payments, inventory, ..Default::default() }).await;
    }

    /// Audits the given services and Temporal; the test fails on any finding.
    pub async fn audit(&self, mut targets: audit::Targets) {
        targets.temporal = Some((self.temporal_address(), "default".to_owned()));
        audit_clean(&targets).await;
    }
}

async fn audit_clean(targets: &audit::Targets) {
    let report = audit::run(targets).await.expect("an audit");
    assert!(report.findings.is_empty(), "the audit found: {:#?}", report.findings);
}

/// A service in this process, stopped when dropped.
pub struct Running {
    /// Its gRPC port; port 0 for one without.
    pub address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts a service on a free port. `run` is its entry point.
    pub async fn start<E, F>(run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        E: std::fmt::Debug,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::start_on(listener, run)
    }

    /// Starts a service on a listener that was made before, so that others know its address.
    pub fn start_on<E, F>(listener: TcpListener, run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        E: std::fmt::Debug,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let address = listener.local_addr().expect("a bound port");
        let stop = CancellationToken::new();
        let running = run(listener, stop.clone());
        let task = tokio::spawn(async move { running.await.expect("the service ended with an error") });
        Self { address, stop, task }
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A connection, made when first used.
    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url()).expect("an address").connect_lazy()
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, &mut self.task).await;
        ended.expect("the service did not end").expect("the service panicked");
    }
}

impl Drop for Running {
    /// Waits for its end, so that its connections to Postgres end too: the threads of a worker outlive the test's runtime.
    fn drop(&mut self) {
        self.stop.cancel();
        if self.task.is_finished() || std::thread::panicking() {
            return;
        }
        let runtime = Handle::current();
        assert!(runtime.runtime_flavor() == RuntimeFlavor::MultiThread, "a test with services needs several threads");
        let ended = block_in_place(|| runtime.block_on(async { tokio::time::timeout(PATIENCE, &mut self.task).await }));
        ended.expect("the service did not end").expect("the service panicked");
    }
}
