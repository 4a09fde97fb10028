use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, anyhow, bail};
use stack::process::StopSignal;
use stack::supervisor::{Control, Event, Supervisor};
use stack::system::{self, BINARIES, Role, Service, Sources, System};
use stack::{Layout, Progress, postgres};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{build, offsets, terminal};

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
    /// Measure the binaries in this folder and build nothing; for comparing two versions
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// An environment variable for all services, such as OMS_OUTBOX__MAX_IN_FLIGHT=32
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Given to the driver, as in `cargo xtask bench -- --rounds 5`; `-- --help` lists what there is
    #[arg(last = true)]
    driver: Vec<String>,
}

/// What `--quick` means to the driver.
const QUICK: [&str; 18] = [
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
    "--open-s",
    "3",
    "--overload-s",
    "2",
    "--reads-s",
    "1",
];

pub(crate) async fn run(offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let progress = terminal::progress();
    if arguments.driver.iter().any(|argument| argument == "--help" || argument == "-h") {
        let driver = driver(&progress).await?;
        return Ok(exit_code(tokio::process::Command::new(driver).arg("--help").status().await?));
    }
    let (binaries, driver) = match &arguments.binaries {
        Some(folder) => {
            let folder = folder.canonicalize().with_context(|| format!("{}", folder.display()))?;
            let found = BINARIES.map(|service| (service, folder.join(service.name())));
            (BTreeMap::from(found), folder.join("loadtest"))
        }
        None => {
            progress.say("building everything with optimisation");
            (build::services(&BINARIES, true).await?, driver(&progress).await?)
        }
    };
    let offset = if offset == 0 { offsets::free()? } else { offset };
    let layout = Layout::for_offset(offset);
    if layout.root().exists() {
        bail!("there is a system in {} already", layout.root().display());
    }
    layout.create()?;
    let (supervisor, mut events) = Supervisor::start(&layout, false)?;
    let bench = Bench { layout: layout.clone(), offset, binaries, driver, arguments };
    let outcome = tokio::select! {
        outcome = bench.run(&supervisor, &progress) => outcome,
        asked = terminal::stop_asked() => asked.map(|()| ExitCode::from(130)),
        died = a_death(&mut events) => Err(died),
    };
    progress.say("stopping");
    supervisor.shutdown().await;
    if outcome.is_ok() {
        layout.remove()?;
    } else {
        progress.say(format!("the logs stay in {}", layout.logs().display()));
    }
    outcome
}

struct Bench {
    layout: Layout,
    offset: u16,
    binaries: BTreeMap<Service, PathBuf>,
    driver: PathBuf,
    arguments: Arguments,
}

impl Bench {
    async fn run(&self, supervisor: &Supervisor, progress: &Progress) -> anyhow::Result<ExitCode> {
        let control = supervisor.control();
        let parts = system::prepare(&self.layout, self.offset, Sources::default(), progress).await?;
        let system = parts.start_servers(&control, true, progress).await?;
        self.start_services(&control, &system).await?;
        progress.say("measuring");
        let mut driver = tokio::process::Command::new(&self.driver)
            .args(self.driver_arguments(&control, &system).await?)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting the driver")?;
        if let (Some(leash), Some(pid)) = (supervisor.leash(), driver.id()) {
            leash.hold(pid, StopSignal::Terminate);
        }
        let status = driver.wait().await?;
        if !status.success() {
            bail!("the driver ended with {status}");
        }
        if let Some(path) = &self.arguments.json {
            progress.say(format!("wrote {}", path.display()));
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn start_services(&self, control: &Control, system: &System) -> anyhow::Result<()> {
        for (service, program) in &self.binaries {
            let mut spec = service.spec(system, &self.layout, program.clone(), Role::All);
            // What is measured is not the disk of the log.
            spec.env.insert("OMS_LOG__FILTER".to_owned(), "warn".to_owned());
            for setting in &self.arguments.settings {
                let (name, value) = setting.split_once('=').context("--set takes NAME=VALUE")?;
                let has_section = *service != Service::Gateway || name.starts_with("OMS_LOG");
                if has_section {
                    spec.env.insert(name.to_owned(), value.to_owned());
                }
            }
            // The gateway comes last in the order of the services, and is ready when they are.
            control.start_ready(spec).await?;
        }
        Ok(())
    }

    async fn driver_arguments(&self, control: &Control, system: &System) -> anyhow::Result<Vec<OsString>> {
        let mut arguments: Vec<OsString> = vec![
            "--gateway".into(),
            system.gateway_url().into(),
            "--orders".into(),
            format!("http://127.0.0.1:{}", system.ports.orders).into(),
            "--temporal".into(),
            system.temporal_url().into(),
        ];
        for process in control.status().await? {
            arguments.extend(["--process".into(), format!("{}={}", process.spec.name, process.pid).into()]);
            if process.spec.name == "temporal" {
                let note = format!("temporal={} {}", process.spec.program.display(), process.spec.args.join(" "));
                arguments.extend(["--note".into(), note.into()]);
            }
        }
        let notes = [
            format!("postgres={}, embedded, fsync and synchronous_commit on", postgres::VERSION),
            "services=release build, role all, log filter warn".to_owned(),
            format!("set={}", self.arguments.settings.join(" ")),
        ];
        arguments.extend(notes.into_iter().flat_map(|note| ["--note".into(), OsString::from(note)]));
        if let Some(path) = &self.arguments.json {
            arguments.extend(["--json".into(), path.into()]);
        }
        if self.arguments.quick {
            arguments.extend(QUICK.map(OsString::from));
        }
        arguments.extend(self.arguments.driver.iter().map(OsString::from));
        Ok(arguments)
    }
}

/// Builds the driver and returns its executable.
async fn driver(progress: &Progress) -> anyhow::Result<PathBuf> {
    progress.say("building the driver");
    build::binaries(&["loadtest"], true).await?.remove("loadtest").context("cargo built no driver")
}

async fn a_death(events: &mut UnboundedReceiver<Event>) -> anyhow::Error {
    match events.recv().await {
        Some(Event::Died { spec, exit, .. }) => anyhow!("{} {exit}; its log: {}", spec.name, spec.log.display()),
        Some(Event::ShuttingDown) => anyhow!("somebody asked for everything to be stopped"),
        None => std::future::pending().await,
    }
}

fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
