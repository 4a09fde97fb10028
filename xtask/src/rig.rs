//! A system of its own to be measured, and the driver that measures it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, anyhow, bail};
use stack::process::StopSignal;
use stack::supervisor::{Control, Event, Supervisor};
use stack::system::{self, BINARIES, Role, Service, Sources, System};
use stack::{Layout, Progress};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{build, offsets, terminal};

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Measured {
    /// Measure the binaries in this folder and build nothing; for comparing two versions
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// Use the debug build; its figures say little
    #[arg(long, conflicts_with = "binaries")]
    debug: bool,
    /// An environment variable for all services, such as OMS_OUTBOX__MAX_IN_FLIGHT=32
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

/// The system and its driver, built, not yet started.
pub(crate) struct Rig {
    pub(crate) layout: Layout,
    offset: u16,
    binaries: BTreeMap<Service, PathBuf>,
    driver: PathBuf,
    arguments: Measured,
}

/// Shows what a subcommand of the driver takes.
pub(crate) async fn help(subcommand: &str, arguments: &Measured, progress: &Progress) -> anyhow::Result<ExitCode> {
    let (_, driver) = built(arguments, progress).await?;
    Ok(exit_code(tokio::process::Command::new(driver).args([subcommand, "--help"]).status().await?))
}

async fn built(arguments: &Measured, progress: &Progress) -> anyhow::Result<(BTreeMap<Service, PathBuf>, PathBuf)> {
    if let Some(folder) = &arguments.binaries {
        let folder = folder.canonicalize().with_context(|| format!("{}", folder.display()))?;
        let found = BINARIES.map(|service| (service, folder.join(service.name())));
        return Ok((BTreeMap::from(found), folder.join("loadtest")));
    }
    progress.say("building the services and the driver with cargo");
    let services = build::services(&BINARIES, !arguments.debug).await?;
    let driver = build::binaries(&["loadtest"], !arguments.debug).await?.remove("loadtest");
    Ok((services, driver.context("cargo built no driver")?))
}

impl Rig {
    /// Builds everything. Without a port offset the system gets ports that are free.
    pub(crate) async fn new(offset: u16, arguments: Measured, progress: &Progress) -> anyhow::Result<Self> {
        let (binaries, driver) = built(&arguments, progress).await?;
        let offset = if offset == 0 { offsets::free()? } else { offset };
        let layout = Layout::for_offset(offset);
        if layout.root().exists() {
            bail!("there is a system in {} already", layout.root().display());
        }
        layout.create()?;
        Ok(Self { layout, offset, binaries, driver, arguments })
    }

    /// Starts the system, runs the driver on it with these arguments, and stops the system. Its state folder is removed
    /// unless the driver failed.
    pub(crate) async fn run<A>(&self, progress: &Progress, arguments: A) -> anyhow::Result<ExitCode>
    where
        A: AsyncFnOnce(&Control, &System) -> anyhow::Result<Vec<OsString>>,
    {
        let (supervisor, mut events) = Supervisor::start(&self.layout, false)?;
        let outcome = tokio::select! {
            outcome = self.drive(&supervisor, progress, arguments) => outcome,
            asked = terminal::stop_asked() => asked.map(|()| ExitCode::from(130)),
            died = a_death(&mut events) => Err(died),
        };
        progress.say("stopping");
        supervisor.shutdown().await;
        if matches!(outcome, Ok(code) if code == ExitCode::SUCCESS) {
            self.layout.remove()?;
        } else {
            progress.say(format!("the logs stay in {}", self.layout.logs().display()));
        }
        outcome
    }

    async fn drive<A>(&self, supervisor: &Supervisor, progress: &Progress, arguments: A) -> anyhow::Result<ExitCode>
    where
        A: AsyncFnOnce(&Control, &System) -> anyhow::Result<Vec<OsString>>,
    {
        let control = supervisor.control();
        let parts = system::prepare(&self.layout, self.offset, Sources::default(), progress).await?;
        let system = parts.start_servers(&control, !self.arguments.debug, progress).await?;
        self.start_services(&control, &system).await?;
        progress.say("measuring");
        let mut driver = tokio::process::Command::new(&self.driver)
            .args(arguments(&control, &system).await?)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting the driver")?;
        if let (Some(leash), Some(pid)) = (supervisor.leash(), driver.id()) {
            leash.hold(pid, StopSignal::Terminate);
        }
        Ok(exit_code(driver.wait().await?))
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

    /// What was measured, for the report.
    pub(crate) fn notes(&self) -> Vec<String> {
        let build = match (&self.arguments.binaries, self.arguments.debug) {
            (Some(folder), _) => format!("the binaries in {}", folder.display()),
            (None, true) => "debug build".to_owned(),
            (None, false) => "release build".to_owned(),
        };
        let mut notes = vec![
            format!("postgres={}, embedded, fsync and synchronous_commit on", stack::postgres::VERSION),
            format!("services={build}, role all, log filter warn"),
        ];
        if !self.arguments.settings.is_empty() {
            notes.push(format!("set={}", self.arguments.settings.join(" ")));
        }
        notes
    }
}

/// `path` as seen from where the user is; the driver is started there too.
pub(crate) fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{}", path.display()))
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
