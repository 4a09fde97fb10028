use std::process::ExitCode;

use stack::Layout;

use crate::down;

/// Stop everything and remove all its state
pub(crate) async fn run(layout: &Layout) -> anyhow::Result<ExitCode> {
    down::stop(layout).await?;
    layout.remove()?;
    println!("removed the state in {}", layout.root().display());
    Ok(ExitCode::SUCCESS)
}
