//! Python programs, each set of them in a virtual environment of its own in the per-user cache.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::cache::{self, Lock};
use crate::error::{Doing, Error, Result};
use crate::progress::Progress;

/// Fails without the modules that are needed, and if it is too old.
const RECENT: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// Whether there is a Python that is recent enough.
#[must_use]
pub fn is_here() -> bool {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", RECENT]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// The folder of the programs that a list of pinned packages with their hashes brings. It is made once and kept; `name`
/// tells it from others.
pub async fn environment(name: &str, requirements: &Path, progress: &Progress) -> Result<PathBuf> {
    let pinned = std::fs::read(requirements).at("reading", requirements)?;
    let version = run(Command::new("python3").args(["-c", "import sys; print(sys.version, sys.prefix)"])).await?;
    let mut folder = format!("{name}-");
    for byte in &Sha256::new().chain_update(pinned).chain_update(version.stdout).finalize()[..8] {
        // A string takes any text.
        let _ = write!(folder, "{byte:02x}");
    }
    let root = cache::directory()?.join(folder);
    let whole = root.join("whole");
    let _lock = Lock::acquire(&root, progress).await?;
    if !whole.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&root)).await?;
        let mut install = Command::new(root.join("bin/pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
        run(install.arg(requirements)).await?;
        std::fs::write(&whole, "").at("writing", &whole)?;
    }
    Ok(root.join("bin"))
}

async fn run(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let what = || format!("{:?}", command.as_std());
    let output = output.map_err(|source| Error::Io { action: what(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::Failed { what: what(), detail: String::from_utf8_lossy(&output.stderr).into_owned() })
}
