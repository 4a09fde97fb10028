//! The payments service.

use payments::config::Config;
use service::start::{self, Process};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    start::main("payments", Config::load, process, payments::run).await
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
