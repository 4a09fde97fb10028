use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use nix::unistd::setsid;
use stack::Layout;
use stack::supervisor::{Event, Supervisor};

use crate::terminal;

/// Be the supervisor of a detached system; started by `up --detach`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The state folder
    #[arg(long)]
    state: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // A session of our own: neither Ctrl-C nor the end of the terminal reaches us. It fails only if we have one already.
    let _ = setsid();
    let (supervisor, mut events) = Supervisor::start(&Layout::at(arguments.state), true)?;
    loop {
        tokio::select! {
            asked = terminal::stop_asked() => {
                asked?;
                supervisor.shutdown().await;
            }
            event = events.recv() => if let Some(Event::Died { spec, pid, exit }) = event {
                eprintln!("{} (pid {pid}) {exit}", spec.name);
            },
            () = supervisor.finished() => break,
        }
    }
    // The answer to a `down` is still on its way.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(ExitCode::SUCCESS)
}
