use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use stack::Layout;
use stack::supervisor::Supervisor;
use stack::system::BINARIES;

use crate::{build, offsets, terminal};

/// Put a system of its own under load while processes, connections, workflows and databases fail; fails on any finding
///
/// At the end all is mended, and what the customers were told, money, stock and the whole audit have to be right. The system is a
/// release build with ports that are free (or those of `--port-offset`) and a state folder that is removed unless something was found.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long customers come and things go wrong
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// What goes wrong, and what the customers do, is drawn from this number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Orders a second; half as many lone payments and reservations come beside them
    #[arg(long, value_name = "RATE", default_value_t = 12.0)]
    orders_per_s: f64,
    /// Use the debug build
    #[arg(long)]
    debug: bool,
}

impl Arguments {
    /// The command that does the same again.
    fn again(&self) -> String {
        let Self { minutes, seed, orders_per_s, debug } = self;
        let debug = if *debug { " --debug" } else { "" };
        format!("cargo xtask chaos --minutes {minutes} --seed {seed} --orders-per-s {orders_per_s}{debug}")
    }
}

pub(crate) async fn run(offset: u16, arguments: Arguments) -> anyhow::Result<ExitCode> {
    ensure!(
        arguments.minutes >= 0.3,
        "--minutes must be at least 0.3: Temporal's database is copied, and replaced later"
    );
    ensure!(arguments.orders_per_s > 0.0, "--orders-per-s must be more than 0");
    let progress = terminal::progress();
    progress.say("building the services with cargo");
    let settings = ::chaos::Settings {
        seed: arguments.seed,
        load: Duration::from_secs_f64(arguments.minutes * 60.0),
        orders_per_s: arguments.orders_per_s,
        binaries: build::services(&BINARIES, !arguments.debug).await?,
    };
    let offset = if offset == 0 { offsets::free()? } else { offset };
    let layout = Layout::for_offset(offset);
    if layout.root().exists() {
        bail!("there is a system in {} already", layout.root().display());
    }
    layout.create()?;
    let (supervisor, mut events) = Supervisor::start(&layout, false)?;
    let outcome = tokio::select! {
        outcome = ::chaos::run(&settings, &layout, offset, (&supervisor, &mut events), &progress) => outcome.map(Some),
        asked = terminal::stop_asked() => asked.map(|()| None),
    };
    progress.say("stopping");
    supervisor.shutdown().await;
    let clean = matches!(&outcome, Ok(Some(outcome)) if outcome.findings.is_empty());
    if clean {
        layout.remove()?;
    } else {
        progress.say(format!("logs and databases stay in {}", layout.root().display()));
    }
    let Some(outcome) = outcome? else { return Ok(ExitCode::from(130)) };
    for finding in &outcome.findings {
        println!("{finding}");
    }
    if clean {
        println!("seed {}: {outcome}: all is right", arguments.seed);
        return Ok(ExitCode::SUCCESS);
    }
    println!("seed {}: {outcome}: NOT RIGHT; again with `{}`", arguments.seed, arguments.again());
    Ok(ExitCode::FAILURE)
}
