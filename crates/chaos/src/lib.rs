//! A system under load while everything that can fail does: processes are SIGKILLed and started again, connections cut,
//! delayed and throttled, workflows terminated, Temporal's database deleted and replaced by an old copy. At the end all is
//! mended, and everything has to be right: what the customers were told, money, stock, and every rule of the audit.
//!
//! What goes wrong and when ([`plan`]) and what the customers do ([`load`]) is drawn from the seed. How the two meet is
//! not: processes run at their own speed. A seed therefore repeats a run closely, not exactly.

mod books;
mod dice;
mod faults;
mod load;
mod map;
mod plan;
mod stage;
mod toxiproxy;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stack::supervisor::{Event, Supervisor};
use stack::system::Service;
use stack::{Layout, Progress};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::books::Services;
use crate::faults::Done;
use crate::load::{Client, Load, Surprises};
use crate::map::Process;
use crate::stage::{Pace, Stage};

/// The reconciler looks at 200 waiting entities of a service every quarter of the time after which one is stale.
const LOOKED_AT: u32 = 200;

/// A run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// From which everything is drawn.
    pub seed: u64,
    /// How long customers come and things go wrong.
    pub load: Duration,
    /// Orders a second; half as many lone payments and reservations come beside them.
    pub orders_per_s: f64,
    /// The services' executables.
    pub binaries: BTreeMap<Service, PathBuf>,
}

impl Settings {
    /// Runs of a few minutes use real times; shorter ones shorten them, so that they see everything too.
    fn pace(&self) -> Pace {
        let whole = self.load >= Duration::from_secs(120);
        Pace {
            copy_age: Duration::from_secs(60).min(self.load / 3),
            hold: Duration::from_secs(60).min(self.load / 2),
            stale_after: Duration::from_secs(if whole { 60 } else { 8 }),
            patience: Duration::from_secs(if whole { 120 } else { 20 }),
        }
    }
}

/// What a run did and found.
#[derive(Clone, Debug)]
pub struct Outcome {
    orders: usize,
    payments: usize,
    reservations: usize,
    done: Done,
    rules: usize,
    /// What is not as it should be; empty if all is well.
    pub findings: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { kills, cuts, terminations, database_faults } = self.done;
        write!(
            f,
            "{} orders, {} payments, {} reservations; {kills} kills, {cuts} cuts, {terminations} terminations, \
             {database_faults} database faults; {} audit rules, {} findings",
            self.orders,
            self.payments,
            self.reservations,
            self.rules,
            self.findings.len()
        )
    }
}

/// Starts a system under `supervisor`, does everything to it, and judges it. The system is left running.
pub async fn run(
    settings: &Settings,
    layout: &Layout,
    offset: u16,
    (supervisor, events): (&Supervisor, &mut UnboundedReceiver<Event>),
    progress: &Progress,
) -> anyhow::Result<Outcome> {
    let pace = settings.pace();
    let plan = plan::plan(settings.seed, settings.load, pace.copy_age);
    let stage = Stage::set(layout, offset, supervisor.control(), &settings.binaries, &pace, progress).await?;
    let stage = Arc::new(stage);
    let surprises = Surprises::default();
    let (close, closing) = watch::channel(None);
    load::deliver(&Client::new(&stage.entrance, surprises.clone(), closing.clone())?).await?;
    let mut load = Load::new(&stage.entrance, settings.seed, &surprises, &closing)?;
    progress.say(format!("seed {}: {} faults in {} s of load", settings.seed, plan.len(), settings.load.as_secs()));
    let done = tokio::select! {
        (done, ()) = async {
            tokio::join!(
                faults::run(&stage, plan, progress),
                load.run(settings.orders_per_s, settings.load, progress)
            )
        } => done?,
        stopped = deaths(events, &stage, &surprises) => return Err(stopped),
    };
    progress.say("everything is mended; waiting for the last customers");
    close.send_replace(Some(Instant::now() + pace.patience));
    let ledger = tokio::select! {
        ledger = load.finish(progress) => ledger?,
        stopped = deaths(events, &stage, &surprises) => return Err(stopped),
    };
    let services = Services::of(&stage.system)?;
    let books = books::at_rest(&services, progress).await?;
    let mut findings = surprises.take();
    findings.extend(stage.missing().await?.into_iter().map(|process| format!("{process} does not run")));
    findings.extend(verdict::findings(&ledger, &books));
    let audit = audit(&stage, &services, &pace, books.orders.len(), progress).await?;
    findings.extend(audit.findings.iter().map(ToString::to_string));
    Ok(Outcome {
        orders: books.orders.len(),
        payments: books.payments.len(),
        reservations: books.reservations.len(),
        done,
        rules: audit.rules.len(),
        findings,
    })
}

/// Notes processes that end without being asked to; returns when somebody has everything stopped.
async fn deaths(events: &mut UnboundedReceiver<Event>, stage: &Stage, surprises: &Surprises) -> anyhow::Error {
    while let Some(event) = events.recv().await {
        match event {
            Event::Died { spec, exit, .. } => {
                // A Postgres that was killed refuses to start while a connection of the old one is open.
                let ours =
                    Process::named(&spec.name) == Some(Process::Postgres) && stage.is_being_killed(Process::Postgres);
                if !ours {
                    surprises.note(format!("{} {exit} by itself; its log: {}", spec.name, spec.log.display()));
                }
            }
            Event::ShuttingDown => break,
        }
    }
    anyhow::anyhow!("somebody asked for everything to be stopped")
}

/// The whole audit. A workflow that is missing is given the time in which the reconciler has to find it; any other
/// finding stands.
async fn audit(
    stage: &Stage,
    services: &Services,
    pace: &Pace,
    orders: usize,
    progress: &Progress,
) -> anyhow::Result<audit::Report> {
    let targets = audit::Targets {
        orders: Some(services.orders.clone()),
        payments: Some(services.payments.clone()),
        inventory: Some(services.inventory.clone()),
        temporal: Some((stage.system.temporal_url(), "default".to_owned())),
        ..Default::default()
    };
    let rounds = u32::try_from(orders)?.div_ceil(LOOKED_AT) + 3;
    let deadline = Instant::now() + pace.stale_after.div_f64(4.0) * rounds;
    loop {
        let report = audit::run(&targets).await?;
        let missing = report.findings.iter().filter(|finding| finding.rule == audit::DRIVER_RULE).count();
        if missing == 0 || missing < report.findings.len() || Instant::now() > deadline {
            return Ok(report);
        }
        progress.say(format!("{missing} workflows are missing; the reconciler has to find them"));
        tokio::time::sleep(pace.stale_after / 4).await;
    }
}
