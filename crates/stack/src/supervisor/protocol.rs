//! One request and one response a connection, each a line of JSON.

use serde::{Deserialize, Serialize};

use crate::process::{Exit, Spec};

/// What can be asked of the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Start this; refused while a process of that name runs.
    Start(Box<Spec>),
    /// Stop this gracefully, and answer when it has ended.
    Stop(String),
    /// SIGKILL it.
    Kill(String),
    /// Stop it gracefully if it runs, and no longer list it.
    Forget(String),
    /// Say what there is.
    Status,
    /// Stop everything, in order, and end.
    Shutdown,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Done, and this is what there is now.
    Done(Vec<ProcessStatus>),
    /// Not done, and why.
    Refused(String),
}

/// One process, running or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcessStatus {
    /// What it was started with.
    pub spec: Spec,
    /// Its process id.
    pub pid: u32,
    /// Seconds since 1970 when it was started.
    pub since: u64,
    /// How it ended, if it has.
    pub exit: Option<Exit>,
}
