use std::fs::File;
use std::process::ExitCode;

use stack::Layout;
use stack::supervisor::{Control, clear_leftovers};

use crate::terminal;

/// Stop everything, attached or detached; state is kept
pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    stop(layout).await?;
    Ok(ExitCode::SUCCESS)
}

/// Stops the system, and what an earlier one left behind.
pub(crate) async fn stop(layout: &Layout) -> anyhow::Result<()> {
    if !layout.root().exists() {
        println!("nothing was started here");
        return Ok(());
    }
    let progress = terminal::progress();
    match Control::find(layout) {
        Some(control) => {
            progress.say("stopping (services, then Temporal, then Postgres)");
            control.shutdown().await?;
        }
        None => progress.say("not up"),
    }
    // Nobody else may be starting it while leftovers are looked for.
    let lock = File::create(layout.lock())?;
    lock.lock()?;
    clear_leftovers(layout, &progress).await;
    progress.say("stopped");
    Ok(())
}
