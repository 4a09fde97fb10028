//! From the command line to a service that runs.

use crate::cli::{Args, Role};
use crate::config::{self, Auth, Log, Metrics, Server, Traces};
use crate::{health, metrics, server, shutdown, telemetry, tls};
use clap::Parser as _;
use std::path::Path;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What every service's configuration has for its process.
pub struct Process<'a> {
    /// The port for requests.
    pub server: &'a Server,
    /// Who may call.
    pub auth: &'a Auth,
    /// The port for metrics.
    pub metrics: &'a Metrics,
    /// The certificates of both ports.
    pub tls: &'a tls::Config,
    /// Where spans go.
    pub traces: &'a Traces,
    /// The log.
    pub log: &'a Log,
}

/// The whole life of a process: configuration, telemetry, ports, signals, the service, and how it ended.
pub async fn main<C, F, E>(
    name: &'static str,
    load: impl FnOnce(Option<&Path>) -> Result<C, config::Error>,
    process: fn(&C) -> Process<'_>,
    run: impl FnOnce(C, Role, Option<TcpListener>, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let args = Args::parse();
    let config = match load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return config::exit(&error),
    };
    if args.health {
        let parts = process(&config);
        return health::ask(parts.server, parts.tls).await;
    }
    run_as(name, args.role, config, process, run).await
}

/// The same after the command line and the configuration were read.
pub async fn run_as<C, F, E>(
    name: &'static str,
    role: Role,
    config: C,
    process: fn(&C) -> Process<'_>,
    run: impl FnOnce(C, Role, Option<TcpListener>, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let parts = process(&config);
    let _telemetry = match telemetry::init(parts.log, parts.traces, name) {
        Ok(telemetry) => telemetry,
        Err(error) => return config::exit(&error),
    };
    let listener = match server::bind(parts.server, parts.auth, role).await {
        Ok(listener) => listener,
        Err(error) => return config::exit(&error),
    };
    if let Err(error) = metrics::serve(parts.metrics, parts.auth, parts.tls, name).await {
        return config::exit(&error);
    }
    let stop = match shutdown::on_signal() {
        Ok(stop) => stop,
        Err(error) => {
            tracing::error!(%error, "no signals");
            return ExitCode::FAILURE;
        }
    };
    match run(config, role, listener, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, cause = ?error.source(), "ended");
            ExitCode::FAILURE
        }
    }
}
