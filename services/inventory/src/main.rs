//! The inventory service.

use inventory::config::{Config, DEFAULTS};
use service::start::{self, Process};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    start::main("inventory", |file| service::config::load(DEFAULTS, file), process, inventory::run).await
}

fn process(config: &Config) -> Process<'_> {
    Process { server: &config.server, metrics: &config.metrics, traces: &config.traces, log: &config.log }
}
