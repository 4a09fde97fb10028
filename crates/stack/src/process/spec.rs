//! Everything needed to start a process, and to start it again from another shell: it is kept in the state folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use super::Exit;
use crate::account::Account;
use crate::health::Health;

/// A process to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name it is known by: `orders`, `temporal` …
    pub name: String,
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Added to the environment of the one who starts it.
    pub env: BTreeMap<String, String>,
    /// If it is one of ours, the sections of its configuration: settings of others are not passed on to it.
    pub sections: Option<Vec<String>>,
    /// Its working directory.
    pub directory: PathBuf,
    /// Run as this account instead of the caller's.
    pub account: Option<Account>,
    /// Where its output goes; appended to.
    pub log: PathBuf,
    /// The port it serves, for the status table.
    pub port: u16,
    /// How it is seen to be ready; `None` when it serves nothing.
    pub health: Option<Health>,
    /// How it is asked to stop.
    pub stop_signal: StopSignal,
    /// When everything is stopped, higher ranks go first.
    pub stop_rank: u8,
    /// How long it may take to stop before it is killed.
    pub grace_seconds: u64,
    /// Whether its supervisor starts it again when it ends by itself with a failure. Never after a signal: who kills it
    /// wants to see what happens without it.
    #[serde(default)]
    pub starts_again: bool,
}

impl Spec {
    /// How long it may take to stop before it is killed.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds)
    }

    /// Whether it is started again after it ended so, unasked.
    pub fn starts_again_after(&self, exit: Exit) -> bool {
        self.starts_again && exit.code.is_some_and(|code| code != 0)
    }
}

/// How a process is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopSignal {
    /// SIGTERM, as for the services and Temporal.
    Terminate,
    /// SIGINT: Postgres's fast shutdown (on SIGTERM it would wait for its clients to leave).
    Interrupt,
}

impl StopSignal {
    /// The name `kill` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
        }
    }
}

impl From<StopSignal> for Signal {
    fn from(signal: StopSignal) -> Self {
        match signal {
            StopSignal::Terminate => Self::SIGTERM,
            StopSignal::Interrupt => Self::SIGINT,
        }
    }
}
