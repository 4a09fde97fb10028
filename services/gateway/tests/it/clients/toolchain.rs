//! What a client needs on the machine, and running it in the client's folder.

use stack::Progress;
use stack::layout::repository;
use stack::tools::Tool;
use stack::{cache, node, python};
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Says that a client without its toolchain is a failure. `CI`, which most CI systems set, says the same.
const ALL: &str = "OMS_ALL_CLIENTS";
/// A first run downloads.
const PATIENCE: Duration = Duration::from_secs(600);

/// Whether there is a Python that is recent enough; says so if not.
pub(crate) fn has_python(what: &str) -> bool {
    let here = python::is_here();
    if !here {
        not_run(&format!("{what} needs Python 3.10 or later with venv"));
    }
    here
}

/// Whether there is a Node that is recent enough; says so if not.
pub(crate) fn has_node(what: &str) -> bool {
    let here = node::is_here();
    if !here {
        not_run(&format!("{what} needs {}", node::WANTED));
    }
    here
}

/// Where a Chromium is, which `OMS_CHROMIUM` may say; says so if there is none.
pub(crate) fn chromium(what: &str) -> Option<PathBuf> {
    let path = env::var_os("OMS_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    if !path.exists() {
        not_run(&format!("{what} needs a Chromium; {} is none (OMS_CHROMIUM says where one is)", path.display()));
        return None;
    }
    Some(path)
}

fn not_run(why: &str) {
    let line = format!("NOT RUN: {why}");
    let required = [ALL, "CI"].into_iter().any(|name| env::var_os(name).is_some());
    assert!(!required, "{line}");
    // Not `println!`, which nobody sees of a test that passes.
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
}

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
            not_run(&format!("the {client} client needs {needed}, and `{program}` is missing or too old"));
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
        let requirements = self.folder.join("requirements.txt");
        let programs = python::environment("python-client", &requirements, &Progress::silent()).await.unwrap();
        self.path = env::join_paths([programs].into_iter().chain(env::split_paths(&self.path))).unwrap();
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
