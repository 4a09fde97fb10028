//! Processes of an earlier run whose supervisor was killed.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use super::Contact;
use crate::layout::{self, Layout};
use crate::process::{Identity, Spec};
use crate::progress::Progress;

/// What is written down of each running process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) identity: Identity,
    pub(super) spec: Spec,
}

/// Ends every recorded process that still runs, in order of rank. Call it only when no supervisor runs.
pub async fn clear(layout: &Layout, progress: &Progress) {
    let mut records = Vec::new();
    for entry in std::fs::read_dir(layout.processes()).into_iter().flatten().flatten() {
        if let Some(record) = layout::read::<Record>(&entry.path()).filter(|record| record.identity.is_alive()) {
            records.push(record);
        }
    }
    records.sort_by_key(|record| std::cmp::Reverse(record.spec.stop_rank));
    for same_rank in records.chunk_by(|a, b| a.spec.stop_rank == b.spec.stop_rank) {
        for record in same_rank {
            progress.say(format!("{}: stopping pid {}, left by an earlier run", record.spec.name, record.identity.pid));
            record.identity.signal(record.spec.stop_signal.into());
        }
        for record in same_rank {
            end(record).await;
        }
    }
    for entry in std::fs::read_dir(layout.processes()).into_iter().flatten().flatten() {
        // A record that can't be removed names a process that is gone, which the next look sees again.
        let _ = std::fs::remove_file(entry.path());
    }
    if let Some(contact) = layout::read::<Contact>(&layout.supervisor()) {
        contact.remove_socket();
    }
    let _ = std::fs::remove_file(layout.supervisor());
}

async fn end(record: &Record) {
    let asked = Instant::now();
    while record.identity.is_alive() {
        if asked.elapsed() > record.spec.grace() {
            record.identity.signal(Signal::SIGKILL);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
