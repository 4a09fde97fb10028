//! `cargo xtask`: everything a developer does with this repository, one file per command.
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod advisories;
mod audit;
mod bench;
mod build;
mod cargo_tool;
mod certs;
mod chaos;
mod check;
mod compose_test;
mod console;
mod demo;
mod deployment;
mod down;
mod encryption;
mod fuzz;
mod load;
mod logs;
mod offsets;
mod reset;
mod restart;
mod rig;
mod sbom;
mod status;
mod stubs;
mod supervise;
mod temporal;
mod terminal;
mod test;
mod token;
mod tool;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use stack::Layout;

/// The commands of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    /// Added to every port; each offset is a system of its own, with its own state folder
    #[arg(long, value_name = "N", global = true, default_value_t = 0)]
    port_offset: u16,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Arguments),
    /// Stop everything, attached or detached; state is kept
    Down,
    /// Show each process with its port, health and uptime; fails unless all are healthy
    Status,
    /// Stop everything and remove all its state
    Reset,
    Logs(logs::Arguments),
    Restart(restart::Restart),
    Stop(restart::Stop),
    Kill(restart::Kill),
    Demo(demo::Arguments),
    /// Audit all services, across services, and against Temporal; fails on any finding
    Audit,
    /// Check the format, the lints, the protocol files and stubs, the dependencies and their known faults, the console, the alerts, the compose file and the chart
    Check,
    Certs(certs::Arguments),
    Test(test::Arguments),
    Token(token::Arguments),
    Bench(bench::Arguments),
    Load(load::Arguments),
    Chaos(chaos::Arguments),
    ComposeTest(compose_test::Arguments),
    Fuzz(fuzz::Arguments),
    Sbom(sbom::Arguments),
    Advisories(advisories::Arguments),
    Tool(tool::Arguments),
    #[command(hide = true)]
    Supervise(supervise::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let offset = arguments.port_offset;
    let layout = Layout::for_offset(offset);
    match arguments.command {
        Command::Up(up) => up::run(&layout, offset, up).await,
        Command::Down => down::run(&layout).await,
        Command::Status => status::run(&layout).await,
        Command::Reset => reset::run(&layout).await,
        Command::Logs(logs) => logs::run(&layout, logs).await,
        Command::Restart(restart) => restart.run(&layout).await,
        Command::Stop(stop) => stop.run(&layout).await,
        Command::Kill(kill) => kill.run(&layout).await,
        Command::Demo(demo) => demo::run(&layout, demo).await,
        Command::Audit => audit::run(&layout).await,
        Command::Certs(certs) => certs::run(&layout, certs),
        Command::Check => check::run().await,
        Command::Test(test) => test::run(test).await,
        Command::Token(token) => token::run(&layout, &token),
        Command::Bench(bench) => bench::run(offset, bench).await,
        Command::Load(load) => load::run(offset, load).await,
        Command::Chaos(chaos) => chaos::run(offset, chaos).await,
        Command::ComposeTest(test) => compose_test::run(offset, test).await,
        Command::Fuzz(fuzz) => fuzz::run(fuzz).await,
        Command::Sbom(sbom) => sbom::run(sbom).await,
        Command::Advisories(update) => advisories::run(&update),
        Command::Tool(tool) => tool::run(tool).await,
        Command::Supervise(supervise) => supervise::run(supervise).await,
    }
}
