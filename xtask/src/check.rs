use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::bail;
use stack::layout::repository;
use stack::tools::Tool;
use tokio::process::Command;

use crate::cargo_tool::DENY;
use crate::{advisories, build, console, deployment, sbom, stubs, terminal};

/// Check the format, the lints, the protocol files and stubs, the dependencies, the console, the alerts, the compose file and the chart
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let mut failed = Vec::new();
    for (name, command) in steps().await? {
        if !passes(name, command).await? {
            failed.push(name);
        }
    }
    let progress = terminal::progress();
    for (name, outcome) in [
        ("advisories", advisories::check()),
        ("bills of materials", sbom::check().await),
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
    let mut dependencies = Command::new(DENY.path(&progress).await?);
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
    let mut steps = vec![
        ("format", format),
        ("lints", lints),
        ("protocol", protocol),
        ("Prometheus' configuration and rules", rules),
        ("tests of the alerts", alerts),
        ("dependencies fetched", fetch),
        ("dependencies", dependencies),
    ];
    steps.extend(console::checks(&progress).await?);
    Ok(steps)
}

async fn passes(name: &str, mut command: Command) -> anyhow::Result<bool> {
    let began = Instant::now();
    let ok = command.status().await?.success();
    println!("{name}: {} ({:.1} s)", if ok { "ok" } else { "FAILED" }, began.elapsed().as_secs_f32());
    Ok(ok)
}
