//! Building our binaries with cargo, and learning where they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, bail};
use stack::layout::repository;
use stack::system::Service;
use tokio::process::Command;

/// Builds `services` and returns their executables. Cargo's own progress goes to the terminal.
pub(crate) async fn services(services: &[Service], release: bool) -> anyhow::Result<BTreeMap<Service, PathBuf>> {
    if services.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut command = cargo();
    // Not `--package`: a dependency of Temporal's SDK is called `inventory` too.
    command.args(["build", "--workspace", "--message-format", "json-render-diagnostics"]);
    if release {
        command.arg("--release");
    }
    for service in services {
        command.args(["--bin", service.name()]);
    }
    let output = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?.wait_with_output().await?;
    if !output.status.success() {
        bail!("the services could not be built");
    }
    let mut binaries = BTreeMap::new();
    for message in output.stdout.split(|byte| *byte == b'\n') {
        if let Some((service, executable)) = executable(message) {
            binaries.insert(service, executable);
        }
    }
    for service in services {
        binaries.get(service).with_context(|| format!("cargo built no binary `{}`", service.name()))?;
    }
    Ok(binaries)
}

/// Cargo, in the repository, ended with us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository()).kill_on_drop(true);
    command
}

/// The service and executable of a `compiler-artifact` message.
fn executable(message: &[u8]) -> Option<(Service, PathBuf)> {
    let message: serde_json::Value = serde_json::from_slice(message).ok()?;
    let executable = message.get("executable")?.as_str()?;
    let service = Service::named(message.get("target")?.get("name")?.as_str()?)?;
    Some((service, PathBuf::from(executable)))
}
