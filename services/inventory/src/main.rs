//! The inventory service.

use clap::Parser as _;
use inventory::config::{Config, DEFAULTS};
use service::{cli::Args, config, metrics, server, shutdown, telemetry};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let config = match config::load::<Config>(DEFAULTS, args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return config::exit(&error),
    };
    let _telemetry = match telemetry::init(&config.log, &config.traces, "inventory") {
        Ok(telemetry) => telemetry,
        Err(error) => return config::exit(&error),
    };
    let listener = match server::bind(&config.server, args.role).await {
        Ok(listener) => listener,
        Err(error) => return config::exit(&error),
    };
    if let Err(error) = metrics::serve(&config.metrics, "inventory").await {
        return config::exit(&error);
    }
    let stop = match shutdown::on_signal() {
        Ok(stop) => stop,
        Err(error) => {
            tracing::error!(%error, "no signals");
            return ExitCode::FAILURE;
        }
    };
    match inventory::run(config, args.role, listener, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, cause = ?std::error::Error::source(&error), "ended");
            ExitCode::FAILURE
        }
    }
}
