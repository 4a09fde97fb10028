//! What a client needs on the machine, and running it in the client's folder.

use sha2::{Digest as _, Sha256};
use stack::Progress;
use stack::cache::{self, Lock};
use stack::layout::repository;
use stack::tools::Tool;
use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Says that a client without its toolchain is a failure. `CI`, which most CI systems set, says the same.
const ALL: &str = "OMS_ALL_CLIENTS";
/// A first run downloads.
const PATIENCE: Duration = Duration::from_secs(600);

/// A program and its arguments.
pub(super) struct Step(pub(super) &'static str, pub(super) &'static [&'static str]);

/// A client's folder, with what is needed to run it.
pub(super) struct Toolchain {
    folder: PathBuf,
    path: std::ffi::OsString,
}

impl Toolchain {
    /// One that is always there.
    pub(super) fn of(client: &str) -> Self {
        let folder = repository().join("clients").join(client);
        Self { folder, path: env::var_os("PATH").unwrap_or_default() }
    }

    /// None, after saying so, if a program that need not be there is missing.
    pub(super) fn found(client: &str, needed: &str, probes: &[Step]) -> Option<Self> {
        let works = |Step(program, arguments): &Step| {
            let mut probe = std::process::Command::new(program);
            probe.args(*arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        };
        if let Some(Step(program, _)) = probes.iter().find(|probe| !works(probe)) {
            let line = format!("NOT RUN: the {client} client needs {needed}, and `{program}` is missing or too old");
            let required = [ALL, "CI"].into_iter().any(|name| env::var_os(name).is_some());
            assert!(!required, "{line}");
            // Not `println!`, which nobody sees of a test that passes.
            let mut out = std::io::stdout().lock();
            writeln!(out, "{line}").unwrap();
            return None;
        }
        Some(Self::of(client))
    }

    /// Makes the stubs, as `cargo xtask tool buf -- generate` does.
    pub(super) async fn generate(&self) {
        let buf = Tool::Buf.path(&Progress::silent()).await.unwrap();
        self.run(buf.to_str().unwrap(), &["generate"]).await;
    }

    /// Puts a virtual environment with the pinned packages in front of the PATH. It is kept for the next run.
    pub(super) async fn use_environment(&mut self) {
        let pinned = std::fs::read(self.folder.join("requirements.txt")).unwrap();
        let version = self.run("python3", &["-c", "import sys; print(sys.version, sys.prefix)"]).await;
        let mut name = "python-client-".to_owned();
        for byte in &Sha256::new().chain_update(pinned).chain_update(version).finalize()[..8] {
            write!(name, "{byte:02x}").unwrap();
        }
        let root = cache::directory().unwrap().join(name);
        let whole = root.join("whole");
        let _lock = Lock::acquire(&root, &Progress::silent()).await.unwrap();
        if !whole.exists() {
            self.run("python3", &["-m", "venv", "--clear", root.to_str().unwrap()]).await;
            let pip = root.join("bin/pip");
            let install = ["install", "--quiet", "--require-hashes", "-r", "requirements.txt"];
            self.run(pip.to_str().unwrap(), &install).await;
            std::fs::write(&whole, "").unwrap();
        }
        self.path = env::join_paths([root.join("bin")].into_iter().chain(env::split_paths(&self.path))).unwrap();
    }

    /// Whether the first file is missing, or from before the second.
    pub(super) fn is_older(&self, made: &str, from: &str) -> bool {
        let time = |file: &Path| file.metadata().and_then(|about| about.modified());
        let from = time(&self.folder.join(from)).unwrap();
        !time(&self.folder.join(made)).is_ok_and(|made| made >= from)
    }

    /// What the program writes; it must succeed.
    pub(super) async fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).env("PATH", &self.path).stdin(Stdio::null());
        // Go refuses to work without one.
        if env::var_os("HOME").is_none() {
            command.env("HOME", cache::home().unwrap());
        }
        let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
        let output = output.unwrap_or_else(|_| panic!("{program} {arguments:?} did not end")).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {}\n{said}\n{complaints}", output.status);
        said
    }
}
