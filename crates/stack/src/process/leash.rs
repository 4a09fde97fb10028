//! Ends our children when this process is gone, even by SIGKILL, which nobody can handle.
//!
//! A small shell script reads from a pipe whose other end only this process holds. When we end, however that happens,
//! the pipe closes, and the script stops what it was last told about. This needs no more than a shell, on Linux and
//! macOS alike, and no unsafe code.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::StopSignal;
use crate::error::{Doing, Result};

/// Each line replaces the set of processes; at the end of input the last set is asked to stop, then killed after 5 s.
const SCRIPT: &str = "
trap '' INT TERM HUP
while read -r line; do set=$line; done
[ -n \"$set\" ] || exit 0
for one in $set; do kill -s \"${one%/*}\" \"${one#*/}\"; done
for wait in 1 2 3 4 5; do
  left=
  for one in $set; do kill -0 \"${one#*/}\" && left=yes; done
  [ -n \"$left\" ] || exit 0
  sleep 1
done
for one in $set; do kill -s KILL \"${one#*/}\"; done
";

/// Processes that must not outlive this one. Clones hold the same leash.
#[derive(Clone, Debug)]
pub struct Leash(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    shell: Child,
    held: BTreeMap<u32, StopSignal>,
}

impl Leash {
    /// Starts the shell that watches us.
    pub fn new() -> Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "oms-leash"])
            // A group of its own, so that Ctrl-C in the terminal does not reach it.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .doing(|| "starting /bin/sh".to_owned())?;
        Ok(Self(Arc::new(Mutex::new(Inner { shell, held: BTreeMap::new() }))))
    }

    /// From now on `pid` ends with us.
    pub fn hold(&self, pid: u32, signal: StopSignal) {
        self.change(|held| held.insert(pid, signal));
    }

    /// `pid` has ended, or may live on.
    pub fn release(&self, pid: u32) {
        self.change(|held| held.remove(&pid));
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<u32, StopSignal>) -> T) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut inner.held);
        let mut line: String = inner.held.iter().map(|(pid, signal)| format!("{}/{pid} ", signal.name())).collect();
        line.push('\n');
        if let Some(pipe) = inner.shell.stdin.as_mut() {
            // A shell that somebody killed holds nothing any more; the children are still ended the ordinary way.
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Closing the pipe lets the shell end what is still held; it is only collected here when that is nothing.
        drop(self.shell.stdin.take());
        if self.held.is_empty() {
            let _ = self.shell.wait();
        }
    }
}
