use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::bail;
use stack::Progress;
use stack::cache::{self, Lock};
use stack::layout::repository;
use stack::tools::Tool;
use tokio::process::Command;

use crate::{build, deployment, stubs, terminal};

/// The version of cargo-deny that is used.
const CARGO_DENY: &str = "0.20.2";

/// Check the format, the lints, the protocol files and stubs, the dependencies, the alerts, the compose file and the chart
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let mut failed = Vec::new();
    for (name, command) in steps().await? {
        if !passes(name, command).await? {
            failed.push(name);
        }
    }
    let progress = terminal::progress();
    for (name, outcome) in [
        ("stubs", stubs::check(&progress).await),
        ("compose file", deployment::compose_file(&progress).await),
        ("chart", deployment::chart(&progress).await),
    ] {
        match outcome {
            Ok(summary) => println!("{name}: ok ({summary})"),
            Err(error) => {
                println!("{name}: FAILED: {error:#}");
                failed.push(name);
            }
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
    lints.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    let mut protocol = Command::new(Tool::Buf.path(&progress).await?);
    protocol.arg("lint").current_dir(repository());
    let mut rules = Command::new(Tool::Promtool.path(&progress).await?);
    rules.args(["check", "config", "--lint=all", "--lint-fatal", "prometheus.yml"]);
    rules.current_dir(repository().join("deploy/prometheus")).stdout(Stdio::null());
    let mut alerts = Command::new(Tool::Promtool.path(&progress).await?);
    alerts.args(["test", "rules", "alerts_test.yml"]);
    alerts.current_dir(repository().join("deploy/prometheus")).stdout(Stdio::null());
    // What other platforms need is not downloaded by a build, but is looked at.
    let mut fetch = build::cargo();
    fetch.args(["fetch", "--locked", "--quiet"]);
    let mut dependencies = Command::new(cargo_deny(&progress).await?);
    dependencies.args([
        "--offline",
        "--log-level",
        "error",
        "check",
        "--hide-inclusion-graph",
        "licenses",
        "bans",
        "sources",
    ]);
    dependencies.current_dir(repository());
    Ok(vec![
        ("format", format),
        ("lints", lints),
        ("protocol", protocol),
        ("Prometheus' configuration and rules", rules),
        ("tests of the alerts", alerts),
        ("dependencies fetched", fetch),
        ("dependencies", dependencies),
    ])
}

/// cargo-deny, installed once into the cache. Without optimisation it takes 2 s longer a run and half as long to build.
async fn cargo_deny(progress: &Progress) -> anyhow::Result<PathBuf> {
    let root = cache::directory()?.join(format!("cargo-deny-{CARGO_DENY}"));
    let binary = root.join("bin/cargo-deny");
    if binary.exists() {
        return Ok(binary);
    }
    let _lock = Lock::acquire(&root, progress).await?;
    if !binary.exists() {
        let mut install = build::cargo();
        install.args(["install", "--quiet", "--debug", "--locked", "cargo-deny", "--version", CARGO_DENY, "--root"]);
        // A target folder of its own: a shared one would be filled with its dependencies for good.
        let target = root.join("target");
        let status = install.arg(&root).arg("--target-dir").arg(&target).status();
        let line = format!("building cargo-deny {CARGO_DENY} (once; takes minutes)");
        if !progress.during(&line, status).await?.success() {
            bail!("cargo-deny could not be installed");
        }
        std::fs::remove_dir_all(&target)?;
    }
    Ok(binary)
}

async fn passes(name: &str, mut command: Command) -> anyhow::Result<bool> {
    let began = Instant::now();
    let ok = command.status().await?.success();
    println!("{name}: {} ({:.1} s)", if ok { "ok" } else { "FAILED" }, began.elapsed().as_secs_f32());
    Ok(ok)
}
