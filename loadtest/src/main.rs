//! The driver of `cargo xtask bench`: puts a running system under load, and reports what an approved and a delivered order
//! cost beside a bare workflow on the same Temporal server.
//!
//! Rounds of orders of both kinds and rounds of bare workflows take turns, and medians are reported: a machine that others use too is
//! noisy. Processor time is the operating system's own account of each process, see [`accounting`].

mod accounting;
mod bare;
mod bench;
mod closed;
mod history;
mod latency;
mod open;
mod overload;
mod reads;
mod report;
mod settings;
mod shop;
mod table;
mod way;

use clap::Parser as _;
use settings::Settings;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Settings::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(bench::run(settings))?;
    report.print();
    if let Some(path) = &settings.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
