use std::process::ExitCode;

use anyhow::Context;
use stack::tools::Tool;
use tokio::process::Command;

use crate::terminal;

/// Run a pinned tool (`temporal`, `temporal-server`, `grpcurl`, `ghz`, `buf`, `stripe-mock`, `promtool` …), built first if need be
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its name; without arguments its path is printed
    name: String,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let path = named(&arguments.name)?.path(&terminal::progress_on_stderr()).await?;
    if arguments.arguments.is_empty() {
        println!("{}", path.display());
        return Ok(ExitCode::SUCCESS);
    }
    let status = Command::new(path).args(arguments.arguments).status().await?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// The tool of this name.
pub(crate) fn named(name: &str) -> anyhow::Result<Tool> {
    Tool::all().find(|tool| tool.name() == name).with_context(|| format!("there is no tool `{name}`"))
}
