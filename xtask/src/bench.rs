use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use stack::supervisor::Control;
use stack::system::System;

use crate::rig::{self, Rig};
use crate::terminal;

/// Measure what an approved and a delivered order cost, on a release system of its own
///
/// The system has ports that are free (or those of `--port-offset`) and a state folder that is removed at the end.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also write everything that was measured here
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A short run that shows that everything works; its figures say little
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    rig: rig::Measured,
    /// Given to the driver, as in `cargo xtask bench -- --rounds 5`; `-- --help` lists what there is
    #[arg(last = true)]
    driver: Vec<String>,
}

/// What `--quick` means to the driver.
const QUICK: [&str; 20] = [
    "--rounds",
    "1",
    "--count",
    "60",
    "--delivered-count",
    "40",
    "--bare-count",
    "40",
    "--warm-up",
    "20",
    "--idle-s",
    "1",
    "--settle-s",
    "2",
    "--open-s",
    "3",
    "--overload-s",
    "2",
    "--reads-s",
    "1",
];

pub(crate) async fn run(offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    let Arguments { json, quick, rig, driver } = arguments;
    if driver.iter().any(|argument| argument == "--help" || argument == "-h") {
        return rig::help("bench", &rig, &progress).await;
    }
    let json = json.as_deref().map(rig::absolute).transpose()?;
    let rig = Rig::new(offset, rig, &progress).await?;
    let command = async |control: &Control, system: &System| {
        let mut command = command(control, system, &rig).await?;
        if let Some(path) = &json {
            command.extend(["--json".into(), path.into()]);
        }
        if quick {
            command.extend(QUICK.map(OsString::from));
        }
        command.extend(driver.iter().map(OsString::from));
        anyhow::Ok(command)
    };
    let code = rig.run(&progress, command).await?;
    if code != ExitCode::SUCCESS {
        bail!("the driver failed");
    }
    if let Some(path) = &json {
        progress.say(format!("wrote {}", path.display()));
    }
    Ok(code)
}

async fn command(control: &Control, system: &System, rig: &Rig) -> anyhow::Result<Vec<OsString>> {
    let mut command: Vec<OsString> = vec![
        "bench".into(),
        "--gateway".into(),
        system.gateway_url().into(),
        "--orders".into(),
        format!("http://127.0.0.1:{}", system.ports.orders).into(),
        "--temporal".into(),
        system.temporal_url().into(),
    ];
    for process in control.status().await? {
        command.extend(["--process".into(), format!("{}={}", process.spec.name, process.pid).into()]);
        if process.spec.name == "temporal" {
            let note = format!("temporal={} {}", process.spec.program.display(), process.spec.args.join(" "));
            command.extend(["--note".into(), note.into()]);
        }
    }
    command.extend(rig.notes().into_iter().flat_map(|note| ["--note".into(), OsString::from(note)]));
    Ok(command)
}
