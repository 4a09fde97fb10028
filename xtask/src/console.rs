//! The operators' console, which the gateway serves.

use stack::console::{self, Built};
use stack::{Progress, node};
use tokio::process::Command;

/// Builds it where there is Node, or says why not.
pub(crate) async fn build(progress: &Progress) -> anyhow::Result<()> {
    if console::build(progress).await? == Built::WithoutNode {
        progress.say(format!("console: not built, because it needs {}; the gateway runs without", node::WANTED));
    }
    Ok(())
}

/// Its own checks and tests, if there is Node to run them with.
pub(crate) async fn checks(progress: &Progress) -> anyhow::Result<Vec<(&'static str, Command)>> {
    if !node::is_here() {
        println!("console: NOT CHECKED, because it needs {}", node::WANTED);
        return Ok(Vec::new());
    }
    console::install(progress).await?;
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments).current_dir(console::folder());
        command
    };
    Ok(vec![("the console's format, lints and types", npm(&["run", "check"])), ("the console's tests", npm(&["test"]))])
}
