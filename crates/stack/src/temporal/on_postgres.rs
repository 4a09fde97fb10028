//! Temporal as it is deployed: the server with its state in Postgres, and its web page as a process of its own.

mod configuration;
mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use http::Method;
use serde_json::json;

use crate::certs::{OPERATOR, Trust};
use crate::client::Http;
use crate::error::Result;
use crate::health::{self, Health};
use crate::ports::{self, TEMPORAL_INTERNAL};
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;
use crate::tools::Tool;
use configuration::Configuration;

/// What is kept of a workflow that has ended, as in the dev server.
const RETENTION: &str = "86400s";

/// The programs.
#[derive(Clone, Debug)]
pub struct Binaries {
    server: PathBuf,
    sql_tool: PathBuf,
    ui: PathBuf,
}

impl Binaries {
    /// Builds what was not built before. One after the other: they have most of their packages in common.
    pub async fn build(progress: &Progress) -> Result<Self> {
        let server = Tool::TemporalServer.path(progress).await?;
        let sql_tool = Tool::TemporalSqlTool.path(progress).await?;
        let ui = Tool::TemporalUi.path(progress).await?;
        Ok(Self { server, sql_tool, ui })
    }
}

/// What kind of Temporal.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its configuration goes.
    pub directory: PathBuf,
    /// The server's log.
    pub log: PathBuf,
    /// The name of its database. That of its visibility store is the same with `_visibility` added.
    pub database: String,
    /// Where it listens.
    pub ports: Ports,
    /// The web page; `None` for none.
    pub ui: Option<Ui>,
    /// A folder of certificates: nobody calls it without one of its CA then, and Postgres asks for one too.
    pub certificates: Option<PathBuf>,
}

impl Options {
    fn trust(&self, name: &str) -> Option<Trust> {
        self.certificates.as_ref().map(|folder| Trust::in_folder(folder, name))
    }
}

/// Where the server listens.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The gRPC front end.
    pub frontend: u16,
    /// The HTTP API.
    pub http: u16,
    /// Prometheus metrics.
    pub metrics: u16,
    /// The first of [`TEMPORAL_INTERNAL`] ports on which its parts meet.
    pub internal: u16,
}

impl Ports {
    /// Free ones.
    pub fn free() -> Result<Self> {
        let first = ports::free_block(3 + TEMPORAL_INTERNAL)?;
        Ok(Self { frontend: first, http: first + 1, metrics: first + 2, internal: first + 3 })
    }
}

/// Temporal's web page.
#[derive(Clone, Debug)]
pub struct Ui {
    /// Its port.
    pub port: u16,
    /// Its log.
    pub log: PathBuf,
    /// Where it has payloads decrypted.
    pub codec: Option<String>,
}

/// A Temporal whose databases are there, ready to be started.
#[derive(Clone, Debug)]
pub struct OnPostgres {
    spec: Spec,
    ui: Option<Spec>,
    ports: Ports,
    /// Who sets it up, where it asks for a certificate.
    operator: Option<Trust>,
}

impl OnPostgres {
    /// Makes or updates its databases and writes its configuration. `admin_url` is that of someone who may create
    /// databases and roles. Can be repeated.
    pub async fn set_up(binaries: &Binaries, options: &Options, admin_url: &str) -> Result<Self> {
        let trust = options.trust("temporal");
        let databases = schema::provision(&binaries.sql_tool, admin_url, &options.database, trust.clone()).await?;
        let configuration = Configuration {
            directory: options.directory.clone(),
            databases,
            trust,
            ports: options.ports,
            ui: options.ui.clone(),
        };
        configuration.write()?;
        let operator = options.trust(OPERATOR);
        let health = Health::Http(namespaces(options.ports, operator.as_ref()) + "/default");
        let health = match operator.clone() {
            None => health,
            Some(trust) => Health::Secure(Box::new(health), trust),
        };
        let spec = Spec {
            name: "temporal".to_owned(),
            program: binaries.server.clone(),
            args: [configuration.arguments(configuration::SERVER), words("--allow-no-auth start")].concat(),
            env: BTreeMap::new(),
            sections: None,
            directory: options.directory.clone(),
            account: None,
            log: options.log.clone(),
            port: options.ports.frontend,
            health: Some(health),
            stop_signal: StopSignal::Terminate,
            stop_rank: 1,
            grace_seconds: 15,
            // It ends when Postgres is away while it starts, and leaves the rest to whoever runs it.
            starts_again: true,
        };
        let ui = options.ui.as_ref().map(|ui| Spec {
            name: "temporal-ui".to_owned(),
            program: binaries.ui.clone(),
            args: [configuration.arguments(configuration::UI), words("start")].concat(),
            log: ui.log.clone(),
            port: ui.port,
            health: Some(Health::Http(format!("http://127.0.0.1:{}/healthz", ui.port))),
            starts_again: false,
            ..spec.clone()
        });
        Ok(Self { spec, ui, ports: options.ports, operator })
    }

    /// Sets up and starts one that ends with this process.
    pub async fn start(binaries: &Binaries, options: &Options, admin_url: &str) -> Result<(Self, Server)> {
        let temporal = Self::set_up(binaries, options, admin_url).await?;
        let (server, ()) = tokio::try_join!(Server::start(temporal.spec.clone()), temporal.register_namespace())?;
        Ok((temporal, server))
    }

    /// How to start the server. It is ready once it has its namespace, see [`register_namespace`](Self::register_namespace).
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// How to start the web page.
    pub fn ui(&self) -> Option<&Spec> {
        self.ui.as_ref()
    }

    /// `host:port` of the gRPC front end, the form of `TEMPORAL_ADDRESS`, or with `https://` before it.
    pub fn address(&self) -> String {
        let scheme = if self.operator.is_some() { "https://" } else { "" };
        format!("{scheme}127.0.0.1:{}", self.ports.frontend)
    }

    /// Registers the namespace `default`, if it is not there, as soon as the server answers.
    pub async fn register_namespace(&self) -> Result<()> {
        let url = namespaces(self.ports, self.operator.as_ref());
        let body = json!({ "namespace": "default", "workflowExecutionRetentionPeriod": RETENTION }).to_string();
        let client = Http::new(self.operator.as_ref())?;
        let began = Instant::now();
        loop {
            let headers = [("content-type", "application/json")];
            let reason = match client.send(Method::POST, &url, &headers, body.clone()).await {
                // The last: it is there already.
                Ok((200..300 | 409, _)) => return Ok(()),
                Ok((status, _)) => format!("answers {status}"),
                Err(_) => "not reachable".to_owned(),
            };
            health::again(&self.spec, began, &reason).await?;
        }
    }
}

fn namespaces(ports: Ports, trust: Option<&Trust>) -> String {
    let scheme = if trust.is_some() { "https" } else { "http" };
    format!("{scheme}://127.0.0.1:{}/api/v1/namespaces", ports.http)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
