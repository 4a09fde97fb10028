//! The gateway's process: configuration, telemetry, run.

use clap::Parser;
use gateway::{Config, StartError};
use std::path::PathBuf;
use std::process::ExitCode;

/// One port for REST, gRPC and gRPC-Web in front of the services.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// A TOML file over the compiled-in defaults; environment variables `OMS_SECTION__KEY` go over both.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Ask the gateway that runs here with the same configuration whether it serves, and end: 0 if it does.
    #[arg(long)]
    health: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(code) => code,
        Err(StartError::Config(error)) => service::config::exit(&error),
        Err(error) => {
            tracing::error!(%error, "can't start");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<ExitCode, StartError> {
    let config = Config::load(args.config.as_deref())?;
    if args.health {
        return Ok(service::health::ask(&config.server, &config.tls).await);
    }
    let _telemetry = service::telemetry::init(&config.log, &config.traces, "gateway")?;
    let stop = service::shutdown::on_signal()?;
    let listener = gateway::bind(&config).await?;
    service::metrics::serve(&config.metrics, &config.auth, &config.tls, "gateway").await?;
    gateway::serve(listener, config, stop).await?;
    Ok(ExitCode::SUCCESS)
}
