//! Printing progress, and hearing that the user wants to stop.

use std::time::Instant;

use stack::Progress;
use tokio::signal::unix::{SignalKind, signal};

/// Lines with the seconds since the command began.
pub(crate) fn progress() -> Progress {
    let began = Instant::now();
    Progress::new(move |line| println!("{:>7.1}s  {line}", began.elapsed().as_secs_f32()))
}

/// The same on stderr, for commands whose output is read by others.
pub(crate) fn progress_on_stderr() -> Progress {
    Progress::new(|line| eprintln!("{line}"))
}

/// Returns when the user or the system asks us to stop: Ctrl-C, a closed terminal, `kill`.
pub(crate) async fn stop_asked() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
