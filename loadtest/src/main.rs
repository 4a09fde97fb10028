//! Puts a running system under load and measures it: the driver of `cargo xtask bench` and of `cargo xtask load`.

mod accounting;
mod basket;
mod bench;
mod direct;
mod followed;
mod latency;
mod load;
mod machine;
mod shop;
mod way;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The drivers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What an order costs, beside a bare workflow
    Bench(bench::Settings),
    /// Scenarios of whole flows
    Load(load::Settings),
    /// All three services in one process, without Temporal: what the comparison compares with
    Direct(direct::Settings),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    match command {
        Command::Bench(settings) => runtime.block_on(bench::main(&settings)),
        Command::Load(settings) => runtime.block_on(load::main(&settings)),
        Command::Direct(settings) => runtime.block_on(direct::main(settings)),
    }
}
