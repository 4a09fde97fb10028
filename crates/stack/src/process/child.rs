//! A started process. A task of its own waits for it, so it is signalled only while it exists.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use super::{Identity, Leash, Spec, settings};
use crate::error::{Doing, Result};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Its exit code, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        Self { code: status.code(), signal: status.signal() }
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "ended with exit code {code}"),
            (None, Some(signal)) => match Signal::try_from(signal) {
                Ok(name) => write!(f, "was ended by {name}"),
                Err(_) => write!(f, "was ended by signal {signal}"),
            },
            (None, None) => write!(f, "ended"),
        }
    }
}

/// A running child, or one that has ended. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    identity: Identity,
    since: SystemTime,
    signals: mpsc::UnboundedSender<Signal>,
    exit: watch::Receiver<Option<Exit>>,
}

impl Process {
    /// Starts it, in a process group of its own so that Ctrl-C in the terminal reaches only us. Needs a Tokio runtime.
    pub fn spawn(spec: Spec, leash: Option<Leash>) -> Result<Self> {
        let (out, err) = open_log(&spec.log)?;
        let mut command = Command::new(&spec.program);
        command
            .args(&spec.args)
            .envs(&spec.env)
            .current_dir(&spec.directory)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .kill_on_drop(true);
        for name in spec.sections.iter().flat_map(|sections| settings::foreign(sections)) {
            command.env_remove(name);
        }
        if let Some(account) = spec.account {
            command.uid(account.uid).gid(account.gid);
        }
        let child = command.spawn().doing(|| format!("starting {} ({})", spec.name, spec.program.display()))?;
        let pid = child.id().unwrap_or_default();
        let identity = Identity::of(pid).unwrap_or_else(|| Identity::ended(pid));
        if let Some(leash) = &leash {
            leash.hold(pid, spec.stop_signal);
        }
        let (signals, wanted) = mpsc::unbounded_channel();
        let (ended, exit) = watch::channel(None);
        tokio::spawn(attend(child, wanted, ended, leash));
        Ok(Self { spec, identity, since: SystemTime::now(), signals, exit })
    }

    /// What was started.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Which process it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Seconds since 1970 when it was started.
    pub fn since(&self) -> u64 {
        self.since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// To learn of its end elsewhere.
    pub fn watch(&self) -> watch::Receiver<Option<Exit>> {
        self.exit.clone()
    }

    /// Waits for its end.
    pub async fn wait(&self) -> Exit {
        let mut exit = self.exit.clone();
        // The sender goes away without a value only when the runtime is shutting down.
        exit.wait_for(Option::is_some).await.ok().and_then(|exit| *exit).unwrap_or(Exit { code: None, signal: None })
    }

    /// Asks it to stop, waits for its grace, and kills it after that.
    pub async fn stop(&self) -> Exit {
        self.signal(self.spec.stop_signal.into());
        match tokio::time::timeout(self.spec.grace(), self.wait()).await {
            Ok(exit) => exit,
            Err(_) => self.kill().await,
        }
    }

    /// SIGKILL.
    pub async fn kill(&self) -> Exit {
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    fn signal(&self, signal: Signal) {
        // Refused when it has ended already.
        let _ = self.signals.send(signal);
    }
}

async fn attend(
    mut child: Child,
    mut wanted: mpsc::UnboundedReceiver<Signal>,
    ended: watch::Sender<Option<Exit>>,
    leash: Option<Leash>,
) {
    let pid = child.id().unwrap_or_default();
    let exit = loop {
        tokio::select! {
            status = child.wait() => break status.map_or(Exit { code: None, signal: None }, Exit::from),
            signal = wanted.recv() => match signal {
                // `id` is none once it was waited for, so a reused id is never signalled.
                Some(signal) => if let Some(Ok(pid)) = child.id().map(i32::try_from) {
                    let _ = kill(Pid::from_raw(pid), signal);
                },
                // The handle was dropped.
                None => {
                    let _ = child.start_kill();
                    break child.wait().await.map_or(Exit { code: None, signal: None }, Exit::from);
                }
            },
        }
    };
    if let Some(leash) = leash {
        leash.release(pid);
    }
    ended.send_replace(Some(exit));
}

fn open_log(path: &Path) -> Result<(File, File)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).at("creating", folder)?;
    }
    let out = OpenOptions::new().create(true).append(true).open(path).at("opening", path)?;
    let err = out.try_clone().at("opening", path)?;
    Ok((out, err))
}
