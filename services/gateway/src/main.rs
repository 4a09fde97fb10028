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
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            match error {
                StartError::Config(_) => ExitCode::from(u8::try_from(service::config::EXIT_CODE).unwrap_or(1)),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

async fn run(args: &Args) -> Result<(), StartError> {
    let config = Config::load(args.config.as_deref())?;
    service::telemetry::init(&config.log)?;
    let stop = service::shutdown::on_signal()?;
    let listener = service::server::bind(&config.server).await?;
    tracing::info!(listen = %config.server.listen, "gateway");
    gateway::serve(listener, config, stop).await
}
