//! Temporal as it is deployed: the server with its state in Postgres, and its web page as a process of its own.

mod configuration;
mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

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
}

/// A Temporal whose databases are there, ready to be started.
#[derive(Clone, Debug)]
pub struct OnPostgres {
    spec: Spec,
    ui: Option<Spec>,
    ports: Ports,
}

impl OnPostgres {
    /// Makes or updates its databases and writes its configuration. `admin_url` is that of someone who may create
    /// databases and roles. Can be repeated.
    pub async fn set_up(binaries: &Binaries, options: &Options, admin_url: &str) -> Result<Self> {
        let databases = schema::provision(&binaries.sql_tool, admin_url, &options.database).await?;
        let configuration = Configuration {
            directory: options.directory.clone(),
            databases,
            ports: options.ports,
            ui_port: options.ui.as_ref().map(|ui| ui.port),
        };
        configuration.write()?;
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
            health: Some(Health::Http(namespaces(options.ports) + "/default")),
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
        Ok(Self { spec, ui, ports: options.ports })
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

    /// `host:port` of the gRPC front end, the form of `TEMPORAL_ADDRESS`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.frontend)
    }

    /// Registers the namespace `default`, if it is not there, as soon as the server answers.
    pub async fn register_namespace(&self) -> Result<()> {
        let url = namespaces(self.ports);
        let body = json!({ "namespace": "default", "workflowExecutionRetentionPeriod": RETENTION });
        let client = reqwest::Client::new();
        let began = Instant::now();
        loop {
            let reason = match client.post(&url).json(&body).send().await {
                Ok(reply) if reply.status().is_success() || reply.status() == reqwest::StatusCode::CONFLICT => {
                    return Ok(());
                }
                Ok(reply) => format!("answers {}", reply.status().as_u16()),
                Err(_) => "not reachable".to_owned(),
            };
            health::again(&self.spec, began, &reason).await?;
        }
    }
}

fn namespaces(ports: Ports) -> String {
    format!("http://127.0.0.1:{}/api/v1/namespaces", ports.http)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
