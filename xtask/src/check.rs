use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use stack::layout::repository;
use stack::tools::Tool;
use tokio::process::Command;

use crate::{build, terminal};

/// Check the format, the lints, the protocol files, and the licences and sources of all dependencies
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let mut failed = Vec::new();
    for (name, command) in steps().await? {
        if !passes(name, command).await? {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("all checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("failed: {}", failed.join(", "))
}

async fn steps() -> anyhow::Result<Vec<(&'static str, Command)>> {
    let progress = terminal::progress();
    let mut format = build::cargo();
    format.args(["fmt", "--all", "--check"]);
    let mut lints = build::cargo();
    lints.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    let mut protocol = Command::new(Tool::Buf.path(&progress).await?);
    protocol.arg("lint").current_dir(repository());
    Ok(vec![("format", format), ("lints", lints), ("protocol", protocol)])
}

async fn passes(name: &str, mut command: Command) -> anyhow::Result<bool> {
    let began = Instant::now();
    let ok = command.status().await?.success();
    println!("{name}: {} ({:.1} s)", if ok { "ok" } else { "FAILED" }, began.elapsed().as_secs_f32());
    Ok(ok)
}
