use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use stack::supervisor::Control;
use stack::system::System;
use stack::tools::Tool;

use crate::rig::{self, Rig};
use crate::terminal;

/// Run scenarios of whole flows under load, on a release system of its own; fails if anything was lost or doubled
///
/// The results are written as text, JSON and a page with plots. The system has ports that are free (or those of
/// `--port-offset`) and a state folder that is removed at the end, unless something was not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// flows, closed, open, stock, compare, lines, stored, instances, memory, overload or ghz; several with commas
    #[arg(long)]
    scenario: Option<String>,
    /// Of each measurement
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// End each measurement of a closed loop after so many, instead of after a time
    #[arg(long)]
    orders: Option<usize>,
    /// Where the results go
    #[arg(long, value_name = "FOLDER", default_value = "target/load")]
    out: PathBuf,
    #[command(flatten)]
    rig: rig::Measured,
    /// Given to the driver, as in `cargo xtask load -- --clients 20`; `-- --help` lists what there is
    #[arg(last = true)]
    driver: Vec<String>,
}

pub(crate) async fn run(offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    if arguments.driver.iter().any(|argument| argument == "--help" || argument == "-h") {
        return rig::help("load", &arguments.rig, &progress).await;
    }
    let mut command: Vec<OsString> = vec!["load".into(), "--out".into(), rig::absolute(&arguments.out)?.into()];
    if arguments.scenario.as_deref().is_some_and(|scenarios| scenarios.split(',').any(|one| one == "ghz")) {
        command.extend(["--ghz".into(), Tool::Ghz.path(&progress).await?.into()]);
    }
    let options = [
        ("--scenario", arguments.scenario),
        ("--duration", arguments.duration.map(|seconds| seconds.to_string())),
        ("--orders", arguments.orders.map(|orders| orders.to_string())),
    ];
    for (name, value) in options {
        command.extend(value.into_iter().flat_map(|value| [OsString::from(name), value.into()]));
    }
    let rig = Rig::new(offset, arguments.rig, &progress).await?;
    command.extend(rig.notes().into_iter().flat_map(|note| ["--note".into(), OsString::from(note)]));
    command.extend(["--state".into(), rig.layout.root().into()]);
    command.extend(arguments.driver.into_iter().map(OsString::from));
    rig.run(&progress, async |_: &Control, _: &System| anyhow::Ok(command)).await
}
