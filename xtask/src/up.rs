use std::fs::File;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use stack::supervisor::{Control, Event, Supervisor, clear_leftovers};
use stack::system::{self, BINARIES, Service, Sources, System};
use stack::{Layout, Progress};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::test::TemporalKind;
use crate::{build, console, encryption, status, terminal};

/// Build and start everything: Postgres, Temporal, the services and the gateway; then print `ready`
///
/// Runs until Ctrl-C, or in the background with `--detach` until `cargo xtask down`. State is kept in `.oms` between runs.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave everything running in the background
    #[arg(long)]
    detach: bool,
    /// Build the services with optimisation
    #[arg(long)]
    release: bool,
    /// Start only these services, as in `--only orders,gateway`, or `none`; for when another does not compile
    #[arg(long, value_name = "SERVICES", value_delimiter = ',')]
    only: Vec<String>,
    /// Use something of yours: `database-url` the Postgres at $DATABASE_URL (somebody who may create databases and roles),
    /// `temporal-address` the Temporal at $TEMPORAL_ADDRESS, `temporal-cli` the `temporal` on PATH. Can be repeated
    #[arg(long = "use", value_name = "WHAT", value_delimiter = ',', env = "OMS_USE")]
    uses: Vec<String>,
    /// Which Temporal: the dev server, or the server of a production deployment with its state in Postgres
    #[arg(long, value_enum, default_value_t)]
    temporal: TemporalKind,
    /// Ask callers who they are: every call needs a token, such as `cargo xtask token` prints
    #[arg(long)]
    auth: bool,
    /// All ports of ours speak TLS, with certificates of a development CA in the state folder; nobody calls a service or
    /// Postgres without one. Temporal's dev server can't, and stays in plain text
    #[arg(long)]
    tls: bool,
    /// Start a Jaeger too, to which all services send their traces
    #[arg(long)]
    jaeger: bool,
    /// Encrypt what Temporal keeps and what is personal, with keys made for this system; from then on until `reset`
    #[arg(long)]
    encrypt: bool,
    /// Start a Prometheus too, which collects the metrics of all processes and evaluates the alert rules
    #[arg(long)]
    prometheus: bool,
}

pub(crate) async fn run(layout: &Layout, offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    layout.create()?;
    let lock = File::create(layout.lock())?;
    if let Some(control) = Control::find(layout) {
        println!("already up");
        status::print(&control.status().await?).await;
        status::print_addresses(&System::load(layout)?, layout);
        return Ok(ExitCode::SUCCESS);
    }
    if lock.try_lock().is_err() {
        bail!("another `cargo xtask` is starting or stopping this system");
    }
    check_settings()?;
    let progress = terminal::progress();
    clear_leftovers(layout, &progress).await;
    let plan = Plan {
        layout: layout.clone(),
        offset,
        release: arguments.release,
        sources: Sources { encryption: encryption::keys(layout, arguments.encrypt)?, ..sources(&arguments)? },
        services: chosen(&arguments.only)?,
    };
    rotate_logs(layout);
    if arguments.detach { plan.detached(&progress).await } else { plan.attached(&progress).await }
}

/// A setting that no service has would be dropped without a word.
fn check_settings() -> anyhow::Result<()> {
    let known: Vec<String> = BINARIES.into_iter().flat_map(Service::sections).collect();
    for (name, _) in std::env::vars() {
        if let Some(section) = stack::section(&name)
            && !known.contains(&section)
        {
            bail!("{name}: no service has a section `{section}` in its configuration");
        }
    }
    Ok(())
}

fn sources(arguments: &Arguments) -> stack::Result<Sources> {
    let Arguments { jaeger, prometheus, auth, tls, .. } = *arguments;
    let sources = Sources { jaeger, prometheus, auth, tls, ..Sources::named(&arguments.uses)? };
    match arguments.temporal {
        TemporalKind::Dev => Ok(sources),
        TemporalKind::Postgres => sources.temporal_on_postgres(),
    }
}

struct Plan {
    layout: Layout,
    offset: u16,
    release: bool,
    sources: Sources,
    services: Vec<Service>,
}

impl Plan {
    /// We are the supervisor: what we start ends with us.
    async fn attached(self, progress: &Progress) -> anyhow::Result<ExitCode> {
        let (supervisor, mut events) = Supervisor::start(&self.layout, false)?;
        let control = supervisor.control();
        let outcome = tokio::select! {
            started = self.start(&control, progress) => match started {
                Ok(system) => {
                    status::print_addresses(&system, &self.layout);
                    println!("ready");
                    tokio::select! {
                        asked = terminal::stop_asked() => asked,
                        () = report(&mut events, self.offset) => Ok(()),
                    }
                }
                Err(error) => Err(error),
            },
            asked = terminal::stop_asked() => asked,
            () = supervisor.finished() => Ok(()),
        };
        progress.say("stopping (services, then Temporal, then Postgres)");
        supervisor.shutdown().await;
        // The answer to a `down` is still on its way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        progress.say("stopped");
        outcome.map(|()| ExitCode::SUCCESS)
    }

    /// A supervisor of its own session stays when we go.
    async fn detached(self, progress: &Progress) -> anyhow::Result<ExitCode> {
        let control = spawn_supervisor(&self.layout).await?;
        let started = tokio::select! {
            started = self.start(&control, progress) => started,
            asked = terminal::stop_asked() => asked.and_then(|()| bail!("interrupted")),
        };
        match started {
            Ok(system) => {
                status::print_addresses(&system, &self.layout);
                println!("ready");
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                control.shutdown().await?;
                Err(error)
            }
        }
    }

    /// The services are built while the servers are fetched and built: both mostly wait the first time.
    async fn start(&self, control: &Control, progress: &Progress) -> anyhow::Result<System> {
        let servers = async {
            let parts = system::prepare(&self.layout, self.offset, self.sources.clone(), progress).await?;
            parts.start_servers(control, self.release, progress).await.map_err(anyhow::Error::from)
        };
        let services = async {
            if self.services.contains(&Service::Gateway) {
                console::build(progress).await?;
            }
            progress.say("building the services with cargo");
            build::services(&self.services, self.release).await
        };
        let (system, binaries) = tokio::try_join!(servers, services)?;
        system.start_services(control, &self.layout, &binaries, progress).await?;
        Ok(system)
    }
}

fn chosen(only: &[String]) -> anyhow::Result<Vec<Service>> {
    match only {
        [] => Ok(BINARIES.to_vec()),
        [none] if none == "none" => Ok(Vec::new()),
        names => {
            let named = |name: &String| Service::named(name).with_context(|| format!("there is no service `{name}`"));
            names.iter().map(named).collect()
        }
    }
}

/// Says what happens to the processes, until somebody has everything stopped.
async fn report(events: &mut UnboundedReceiver<Event>, offset: u16) {
    let option = if offset == 0 { String::new() } else { format!(" --port-offset {offset}") };
    while let Some(event) = events.recv().await {
        match event {
            Event::Died { spec, pid, exit } => {
                let next = if spec.starts_again_after(exit) {
                    "it is started again".to_owned()
                } else {
                    format!("`cargo xtask restart {}{option}` starts it again", spec.name)
                };
                eprintln!("!!! {} (pid {pid}) {exit}; {next}", spec.name);
                eprintln!("!!! its log: {}", spec.log.display());
            }
            Event::ShuttingDown => return,
        }
    }
}

async fn spawn_supervisor(layout: &Layout) -> anyhow::Result<Control> {
    let log = layout.log("supervisor");
    let out = File::options().create(true).append(true).open(&log)?;
    let program = std::env::current_exe()?;
    let mut child = std::process::Command::new(program)
        .args(["supervise", "--state"])
        .arg(layout.root())
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(out.try_clone()?)
        .stdout(out)
        .spawn()?;
    for _ in 0..100 {
        if let Some(control) = Control::find(layout) {
            return Ok(control);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the supervisor ended with {status}; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().context("ending the supervisor")?;
    bail!("the supervisor did not start; see {}", log.display())
}

/// One log per run and the one before it.
fn rotate_logs(layout: &Layout) {
    for entry in std::fs::read_dir(layout.logs()).into_iter().flatten().flatten() {
        let path: PathBuf = entry.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            // At worst the old lines stay in front of the new ones.
            let _ = std::fs::rename(&path, path.with_extension("log.1"));
        }
    }
}
