//! The driver of `cargo xtask bench`: what an approved and a delivered order cost beside a bare workflow on the same
//! Temporal server.
//!
//! Rounds of orders of both kinds and rounds of bare workflows take turns, and medians are reported: a machine that others use too is
//! noisy. Processor time is the operating system's own account of each process, see [`crate::accounting`].

mod bare;
mod closed;
mod history;
mod open;
mod overload;
mod reads;
mod report;
mod settings;
mod table;

pub(crate) use settings::Settings;

use self::bare::Bare;
use self::history::Lengths;
use self::report::{Idle, Kind, Open, OrderCosts, Overload, Read, Report, Round, StatusReads};
use self::settings::Amounts;
use crate::accounting::{self, Accounts, Cpu};
use crate::latency::Figures;
use crate::machine::machine;
use crate::shop::{Endpoints, Manners, Shop};
use crate::way::{self, Goal, Part};
use anyhow::Context as _;
use contracts::orders::order_service_client::OrderServiceClient;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

/// After a round, so that what it left behind is charged to it.
const TAIL: Duration = Duration::from_secs(1);

/// Measures everything and reports it.
pub(crate) async fn main(settings: &Settings) -> anyhow::Result<ExitCode> {
    let report = run(settings).await?;
    report.print();
    if let Some(path) = &settings.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(settings: &Settings) -> anyhow::Result<Report> {
    let (bare, worker) = Bare::start(&settings.temporal).await?;
    let report = measure(settings, bare).await;
    worker.stop().await;
    report
}

async fn measure(settings: &Settings, bare: Bare) -> anyhow::Result<Report> {
    let amounts = &settings.amounts;
    let bench = Bench {
        amounts,
        accounts: Accounts::new(&settings.processes)?,
        shops: Shop::several(&Endpoints::at(&settings.gateway), Manners::default(), amounts.connections).await?,
        bare,
    };
    let machine = machine()?;
    bench.warm_up().await?;
    let before = bench.idle().await?;
    let mut measured = Vec::new();
    for round in 1..=amounts.rounds {
        for kind in [Kind::Approved, Kind::Delivered, Kind::Bare] {
            say(&format!("round {round} of {}: {kind}", amounts.rounds));
            measured.push(bench.round(kind).await?);
        }
    }
    let after = bench.idle().await?;
    let mean = accounting::mean(&[before.clone(), after.clone()]);
    let costs = Costs { measured: &measured, idle: &mean, bench: &bench };
    say("reading histories");
    let approved = costs.of(Kind::Approved).await?;
    let delivered = costs.of(Kind::Delivered).await?;
    let bare = costs.of(Kind::Bare).await?;

    let open_loop = bench.open(Goal::Approved, approved.per_s).await?;
    let delivered_open_loop = bench.open(Goal::Delivered, delivered.per_s).await?;
    let service =
        OrderServiceClient::new(Endpoint::from_shared(settings.orders.clone())?.tcp_nodelay(true).connect().await?);
    let orders = costs.last(Kind::Approved)?.workflows.iter().flatten().cloned().collect();
    let (grpc, rest) = bench.reads(&settings.gateway, &service, &Arc::new(orders)).await?;
    let overload = bench.overload(approved.per_s, service).await?;

    Ok(Report {
        approved_order: order_costs(&approved, &bare, &open_loop),
        delivered_order: order_costs(&delivered, &bare, &delivered_open_loop),
        status_reads_per_s: StatusReads { grpc: grpc.per_s, rest: rest.per_s },
        overload,
        open_loop,
        delivered_open_loop,
        reads: [("grpc".to_owned(), grpc), ("rest".to_owned(), rest)].into(),
        rounds: measured.iter().map(|round| round.net(&mean)).collect(),
        idle_cpu_ms_per_s: Idle { before, after, mean },
        machine,
        settings: settings.clone(),
        notes: settings.notes.iter().cloned().collect(),
    })
}

struct Bench<'a> {
    amounts: &'a Amounts,
    accounts: Accounts,
    shops: Vec<Shop>,
    bare: Bare,
}

/// A round as it was measured.
struct Measured {
    kind: Kind,
    /// Of each order, or each bare workflow.
    workflows: Vec<Vec<String>>,
    per_s: f64,
    spent: accounting::Spent,
    latency: BTreeMap<Part, Figures>,
}

impl Bench<'_> {
    async fn warm_up(&self) -> anyhow::Result<()> {
        say("warming up");
        self.shops.first().context("no connection to the gateway")?.stock_up().await?;
        for goal in [Goal::Approved, Goal::Delivered] {
            closed::orders(&self.shops, goal, self.amounts.clients, self.amounts.warm_up).await?;
        }
        self.bare.run(self.amounts.clients, self.amounts.warm_up).await?;
        Ok(())
    }

    async fn idle(&self) -> anyhow::Result<Cpu> {
        say("idle");
        // What came before has to come to rest first.
        tokio::time::sleep(Duration::from_secs_f64(self.amounts.settle_s)).await;
        let before = self.accounts.balance()?;
        tokio::time::sleep(Duration::from_secs_f64(self.amounts.idle_s)).await;
        Ok(self.accounts.since(&before)?.rates())
    }

    async fn round(&self, kind: Kind) -> anyhow::Result<Measured> {
        let (amounts, before) = (self.amounts, self.accounts.balance()?);
        let (workflows, per_s, latency) = match kind {
            Kind::Approved => self.orders(Goal::Approved, amounts.approved_per_round).await?,
            Kind::Delivered => self.orders(Goal::Delivered, amounts.delivered_per_round).await?,
            Kind::Bare => {
                let (ids, per_s) = self.bare.run(amounts.clients, amounts.bare_per_round).await?;
                (ids.into_iter().map(|id| vec![id]).collect(), per_s, BTreeMap::new())
            }
        };
        tokio::time::sleep(TAIL).await;
        Ok(Measured { kind, workflows, per_s, spent: self.accounts.since(&before)?, latency })
    }

    async fn orders(
        &self,
        goal: Goal,
        count: usize,
    ) -> anyhow::Result<(Vec<Vec<String>>, f64, BTreeMap<Part, Figures>)> {
        let (ways, per_s) = closed::orders(&self.shops, goal, self.amounts.clients, count).await?;
        let latency = way::figures(&ways)?;
        Ok((ways.into_iter().map(|way| way.workflows).collect(), per_s, latency))
    }

    async fn open(&self, goal: Goal, highest_per_s: f64) -> anyhow::Result<Open> {
        let orders_per_s = highest_per_s * self.amounts.open_load;
        say(&format!("open loop: {orders_per_s:.0} orders/s, {goal:?}"));
        let mark = self.accounts.balance()?;
        let open = open::run(&self.shops, goal, orders_per_s, self.amounts.open_s).await?;
        let foreign = self.accounts.since(&mark)?.foreign;
        Ok(Open { orders_per_s, latency: open.latency, late: open.late, foreign })
    }

    async fn reads(
        &self,
        gateway: &str,
        service: &OrderServiceClient<Channel>,
        ids: &Arc<Vec<String>>,
    ) -> anyhow::Result<(Read, Read)> {
        let (readers, time) = (self.amounts.readers, Duration::from_secs_f64(self.amounts.reads_s));
        say("status reads by gRPC");
        let mark = self.accounts.balance()?;
        let grpc = reads::grpc(service, ids, readers, time).await?;
        let grpc = Read::new(&grpc, self.accounts.since(&mark)?.foreign);
        say("status reads by REST");
        let mark = self.accounts.balance()?;
        let rest = reads::rest(gateway, ids, readers, time).await?;
        Ok((grpc, Read::new(&rest, self.accounts.since(&mark)?.foreign)))
    }

    async fn overload(&self, highest_per_s: f64, service: OrderServiceClient<Channel>) -> anyhow::Result<Overload> {
        let (creates_per_s, decisions_per_s) = (highest_per_s * self.amounts.overload, self.amounts.decisions_per_s);
        say(&format!("overload: {creates_per_s:.0} creates/s, {decisions_per_s:.0} decisions/s"));
        let mark = self.accounts.balance()?;
        let rates = (creates_per_s, decisions_per_s);
        let over = overload::run(&self.shops, self.amounts.clients, rates, self.amounts.overload_s, service).await?;
        Ok(Overload {
            creates_per_s,
            decisions_per_s,
            decision_p99_ms: over.decision.figures().p99_ms,
            decision: over.decision.figures(),
            create: over.create.figures(),
            refused: over.refused,
            drained_s: over.drained.as_secs_f64(),
            foreign: self.accounts.since(&mark)?.foreign,
        })
    }
}

/// What the rounds say.
struct Costs<'a> {
    measured: &'a [Measured],
    idle: &'a Cpu,
    bench: &'a Bench<'a>,
}

/// What one order, or one bare workflow, costs.
struct Cost {
    cpu: Cpu,
    per_s: f64,
    history: Lengths,
}

impl Costs<'_> {
    /// The last round of this kind.
    fn last(&self, kind: Kind) -> anyhow::Result<&Measured> {
        self.measured.iter().rfind(|round| round.kind == kind).context("there was no round")
    }

    async fn of(&self, kind: Kind) -> anyhow::Result<Cost> {
        let rounds: Vec<Round> =
            self.measured.iter().filter(|round| round.kind == kind).map(|round| round.net(self.idle)).collect();
        let rates: Vec<f64> = rounds.iter().map(|round| round.per_s).collect();
        let cpu: Vec<Cpu> = rounds.into_iter().map(|round| round.cpu_ms).collect();
        let history = history::lengths(self.bench.bare.client(), &self.last(kind)?.workflows).await?;
        Ok(Cost { cpu: accounting::medians(&cpu), per_s: accounting::median(&rates), history })
    }
}

impl Measured {
    fn net(&self, idle: &Cpu) -> Round {
        Round {
            kind: self.kind,
            count: self.workflows.len(),
            per_s: self.per_s,
            cpu_ms: self.spent.each(self.workflows.len(), idle),
            foreign: self.spent.foreign,
            latency: self.latency.clone(),
        }
    }
}

fn order_costs(order: &Cost, bare: &Cost, open: &Open) -> OrderCosts {
    let p99 = |part| open.latency.get(&part).map_or(f64::NAN, |seen| seen.p99_ms);
    OrderCosts {
        history_events: order.history.most,
        bare_history_events: bare.history.most,
        temporal_cpu_ms: accounting::sum(&order.cpu, &[accounting::TEMPORAL]),
        bare_temporal_cpu_ms: accounting::sum(&bare.cpu, &[accounting::TEMPORAL]),
        own_cpu_ms: accounting::sum(&order.cpu, &accounting::OWN),
        postgres_cpu_ms: accounting::sum(&order.cpu, &[accounting::POSTGRES]),
        orders_per_s: order.per_s,
        bare_orders_per_s: bare.per_s,
        create_p99_ms: p99(Part::Create),
        approve_p99_ms: p99(Part::Approve),
        cpu_ms_by_process: order.cpu.clone(),
        bare_cpu_ms_by_process: bare.cpu.clone(),
        history: order.history,
        bare_history: bare.history,
    }
}

fn say(line: &str) {
    eprintln!("bench: {line}");
}
