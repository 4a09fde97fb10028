//! Recognising a process by its id and the time it started: ids are used again, and a process that merely got the id
//! of one of ours must never be killed.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// One particular process, also after this program was restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: u32,
    /// When it started, in whatever form the system gives it; only compared.
    started: String,
}

impl Identity {
    /// The process that has this id now; `None` when there is none, or it has ended and waits to be collected.
    pub fn of(pid: u32) -> Option<Self> {
        started(pid).map(|started| Self { pid, started })
    }

    /// This program.
    pub fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// A process that ended before it could be looked at; it is never found alive.
    pub(crate) fn ended(pid: u32) -> Self {
        Self { pid, started: String::new() }
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends `signal` if it still runs.
    pub fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Ok(pid) = i32::try_from(self.pid)
        {
            // It may end between the two calls; then there is nobody to signal, which is fine.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

#[cfg(target_os = "linux")]
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything; the fields after it are plain.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (state, ticks) = (fields.first()?, fields.get(19)?);
    if matches!(*state, "Z" | "X") {
        return None;
    }
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{} {ticks}", boot.trim()))
}

#[cfg(not(target_os = "linux"))]
fn started(pid: u32) -> Option<String> {
    let output =
        std::process::Command::new("ps").args(["-o", "stat=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let (state, start) = line.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| start.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_process_is_not_alive() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        assert!(identity.is_alive());
        identity.signal(Signal::SIGKILL);
        child.wait().unwrap();
        assert!(!identity.is_alive());
    }

    #[test]
    fn a_reused_id_is_another_process() {
        let mut own = Identity::own().unwrap();
        assert!(own.is_alive());
        own.started.push('0');
        assert!(!own.is_alive());
    }
}
