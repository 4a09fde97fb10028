//! The orders service.

use clap::Parser as _;
use orders::config::Config;
use service::{cli::Args, config, metrics, server, shutdown, telemetry};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    let config = Config::load(args.config.as_deref()).and_then(|config| telemetry::init(&config.log).map(|()| config));
    let config = match config {
        Ok(config) => config,
        Err(error) => return config::exit(&error),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let listener = match server::bind(&config.server, args.role).await {
            Ok(listener) => listener,
            Err(error) => return config::exit(&error),
        };
        if let Err(error) = metrics::serve(&config.metrics, "orders").await {
            return config::exit(&error);
        }
        let stop = match shutdown::on_signal() {
            Ok(stop) => stop,
            Err(error) => {
                tracing::error!(%error, "no signals");
                return ExitCode::FAILURE;
            }
        };
        match orders::run(config, args.role, listener, stop).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, cause = ?std::error::Error::source(&error), "ended");
                ExitCode::FAILURE
            }
        }
    })
}
