//! Building our binaries with cargo, and learning where they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, bail};
use stack::layout::repository;
use stack::system::Service;
use tokio::process::Command;

/// Builds `services` and returns their executables.
pub(crate) async fn services(services: &[Service], release: bool) -> anyhow::Result<BTreeMap<Service, PathBuf>> {
    let names: Vec<&str> = services.iter().map(|service| service.name()).collect();
    let built = binaries(&names, release).await?;
    Ok(built.into_iter().filter_map(|(name, path)| Some((Service::named(&name)?, path))).collect())
}

/// Builds binaries of the workspace and returns where they are. Cargo's own progress goes to the terminal.
pub(crate) async fn binaries(names: &[&str], release: bool) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut command = cargo();
    // Not `--package`: a dependency of Temporal's SDK is called `inventory` too.
    command.args(["build", "--workspace", "--message-format", "json-render-diagnostics"]);
    if release {
        command.arg("--release");
    }
    for name in names {
        command.args(["--bin", name]);
    }
    let output = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?.wait_with_output().await?;
    if !output.status.success() {
        bail!("{} could not be built", names.join(", "));
    }
    let binaries: BTreeMap<_, _> = output.stdout.split(|byte| *byte == b'\n').filter_map(executable).collect();
    for name in names {
        binaries.get(*name).with_context(|| format!("cargo built no binary `{name}`"))?;
    }
    Ok(binaries)
}

/// Cargo, in the repository, ended with us. What the cargo that runs us says of this package is not passed on: build
/// scripts that look at it would run anew, and all that depends on them be compiled again, each time.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command.current_dir(repository()).kill_on_drop(true);
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// The kind of machine that this is, as the compiler calls it.
pub(crate) async fn host() -> anyhow::Result<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let said = rustc.arg("-vV").current_dir(repository()).output().await?;
    let said = String::from_utf8(said.stdout)?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// The name and executable of a `compiler-artifact` message.
fn executable(message: &[u8]) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_slice(message).ok()?;
    let executable = message.get("executable")?.as_str()?;
    Some((message.get("target")?.get("name")?.as_str()?.to_owned(), PathBuf::from(executable)))
}
