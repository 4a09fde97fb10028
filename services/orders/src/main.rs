//! The orders service.

use orders::config::Config;
use service::start::{self, Process};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    start::main("orders", Config::load, process, orders::run).await
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
