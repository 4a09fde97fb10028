//! The inventory service.

use inventory::config::Config;
use service::start::{self, Process};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    start::main("inventory", Config::load, process, inventory::run).await
}

fn process(config: &Config) -> Process<'_> {
    Process {
        server: &config.server,
        auth: &config.auth,
        metrics: &config.metrics,
        tls: &config.tls,
        traces: &config.traces,
        log: &config.log,
    }
}
