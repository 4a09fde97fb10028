//! Running what is in `console/e2e`.

use crate::clients::{chromium, has_node};
use stack::{Progress, console, node};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(1_200);
/// What a script has measured is of interest also when nothing failed.
const MEASURED: &str = "MEASURED ";

/// What is needed to run them.
pub(super) struct Script {
    chromium: PathBuf,
}

impl Script {
    /// None, after saying so, if something that need not be there is missing.
    pub(super) async fn found() -> Option<Self> {
        let what = "the console in a browser";
        if !has_node(what) {
            return None;
        }
        let chromium = chromium(what)?;
        console::install(&Progress::silent()).await.unwrap();
        node::npm(&console::folder(), &["run", "generate"]).await.unwrap();
        Some(Self { chromium })
    }

    /// Runs these files; all steps must pass. Pictures go to `target/tmp/console`.
    pub(super) async fn run(&self, files: &[&str], settings: &[(&str, String)]) {
        let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console");
        let mut command = Command::new("npx");
        command.args(["vitest", "run", "--config", "e2e/vitest.config.ts"]).args(files);
        command.current_dir(console::folder()).stdin(Stdio::null()).kill_on_drop(true);
        command.env("OMS_CHROMIUM", &self.chromium).env("OMS_PICTURES", pictures).env("NO_COLOR", "1");
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{files:?}: {}\n{said}", output.status);
        // Not `println!`, which nobody sees of a test that passes.
        let mut out = std::io::stdout().lock();
        for line in said.lines().filter(|line| line.starts_with(MEASURED)) {
            writeln!(out, "{line}").unwrap();
        }
    }
}
