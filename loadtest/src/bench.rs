//! What is measured, in which order.

use crate::accounting::{self, Accounts, Cpu};
use crate::bare::Bare;
use crate::latency::Figures;
use crate::report::{ApprovedOrder, Idle, Open, Overload, Read, Report, Round, StatusReads, machine};
use crate::settings::{Amounts, Settings};
use crate::shop::Shop;
use crate::{closed, history, open, overload, reads};
use contracts::orders::order_service_client::OrderServiceClient;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Endpoint;

/// After a round, so that what it left behind is charged to it.
const TAIL: Duration = Duration::from_secs(1);

/// Measures everything.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<Report> {
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
        shops: Shop::several(&settings.gateway, amounts.connections).await?,
        bare,
    };
    let machine = machine()?;
    say("warming up");
    closed::orders(&bench.shops, amounts.clients, amounts.warm_up).await?;
    bench.bare.run(amounts.clients, amounts.warm_up).await?;
    let before = bench.idle().await?;
    let (mut orders, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=amounts.rounds {
        say(&format!("round {round} of {}: orders", amounts.rounds));
        orders.push(bench.order_round().await?);
        say(&format!("round {round} of {}: bare workflows", amounts.rounds));
        bare.push(bench.bare_round().await?);
    }
    let after = bench.idle().await?;
    let idle = accounting::mean(&[before.clone(), after.clone()]);
    let order_rounds: Vec<Round> = orders.iter().map(|round| round.net("orders", &idle)).collect();
    let bare_rounds: Vec<Round> = bare.iter().map(|round| round.net("bare", &idle)).collect();
    say("reading histories");
    let ids = Arc::new(orders.pop().map(|round| round.ids).unwrap_or_default());
    let bare_ids = bare.pop().map(|round| round.ids).unwrap_or_default();
    let history = history::lengths(bench.bare.client(), &ids).await?;
    let bare_history = history::lengths(bench.bare.client(), &bare_ids).await?;
    let orders_per_s = median(&order_rounds, |round| round.per_s);

    let open_per_s = orders_per_s * amounts.open_load;
    say(&format!("open loop: {open_per_s:.0} orders/s"));
    let mark = bench.accounts.balance()?;
    let open = open::run(&bench.shops, open_per_s, amounts.open_s).await?;
    let open_foreign = bench.accounts.since(&mark)?.foreign;

    let service =
        OrderServiceClient::new(Endpoint::from_shared(settings.orders.clone())?.tcp_nodelay(true).connect().await?);
    let reads_for = Duration::from_secs_f64(amounts.reads_s);
    say("status reads by gRPC");
    let mark = bench.accounts.balance()?;
    let grpc = reads::grpc(&service, &ids, amounts.readers, reads_for).await?;
    let grpc = Read::new(&grpc, bench.accounts.since(&mark)?.foreign);
    say("status reads by REST");
    let mark = bench.accounts.balance()?;
    let rest = reads::rest(&settings.gateway, &ids, amounts.readers, reads_for).await?;
    let rest = Read::new(&rest, bench.accounts.since(&mark)?.foreign);

    let creates_per_s = orders_per_s * amounts.overload;
    say(&format!("overload: {creates_per_s:.0} creates/s, {:.0} decisions/s", amounts.decisions_per_s));
    let rates = (creates_per_s, amounts.decisions_per_s);
    let mark = bench.accounts.balance()?;
    let over = overload::run(&bench.shops, amounts.clients, rates, amounts.overload_s, service).await?;
    let overload_foreign = bench.accounts.since(&mark)?.foreign;

    let cpu: Vec<Cpu> = order_rounds.iter().map(|round| round.cpu_ms.clone()).collect();
    let bare_cpu: Vec<Cpu> = bare_rounds.iter().map(|round| round.cpu_ms.clone()).collect();
    let (cpu, bare_cpu) = (accounting::medians(&cpu), accounting::medians(&bare_cpu));
    let open = Open {
        orders_per_s: open_per_s,
        create: open.create.figures(),
        approve: open.approve.figures(),
        decision: open.decision.figures(),
        late: open.late,
        foreign: open_foreign,
    };
    Ok(Report {
        approved_order: ApprovedOrder {
            history_events: history.most,
            bare_history_events: bare_history.most,
            temporal_cpu_ms: accounting::sum(&cpu, &[accounting::TEMPORAL]),
            bare_temporal_cpu_ms: accounting::sum(&bare_cpu, &[accounting::TEMPORAL]),
            own_cpu_ms: accounting::sum(&cpu, &accounting::OWN),
            postgres_cpu_ms: accounting::sum(&cpu, &[accounting::POSTGRES]),
            orders_per_s,
            bare_orders_per_s: median(&bare_rounds, |round| round.per_s),
            create_p99_ms: open.create.p99_ms,
            approve_p99_ms: open.approve.p99_ms,
            cpu_ms_by_process: cpu,
            bare_cpu_ms_by_process: bare_cpu,
            history,
            bare_history,
        },
        status_reads_per_s: StatusReads { grpc: grpc.per_s, rest: rest.per_s },
        overload: Overload {
            creates_per_s,
            decisions_per_s: amounts.decisions_per_s,
            decision_p99_ms: over.decision.figures().p99_ms,
            decision: over.decision.figures(),
            create: over.create.figures(),
            refused: over.refused,
            drained_s: over.drained.as_secs_f64(),
            foreign: overload_foreign,
        },
        open_loop: open,
        reads: [("grpc".to_owned(), grpc), ("rest".to_owned(), rest)].into(),
        idle_cpu_ms_per_s: Idle { before, after, mean: idle },
        rounds: order_rounds.into_iter().zip(bare_rounds).flat_map(|(order, bare)| [order, bare]).collect(),
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
    ids: Vec<String>,
    per_s: f64,
    spent: accounting::Spent,
    latency: std::collections::BTreeMap<String, Figures>,
}

impl Bench<'_> {
    async fn idle(&self) -> anyhow::Result<Cpu> {
        say("idle");
        // What came before has to come to rest first.
        tokio::time::sleep(2 * TAIL).await;
        let before = self.accounts.balance()?;
        tokio::time::sleep(Duration::from_secs_f64(self.amounts.idle_s)).await;
        Ok(self.accounts.since(&before)?.rates())
    }

    async fn order_round(&self) -> anyhow::Result<Measured> {
        let before = self.accounts.balance()?;
        let orders = closed::orders(&self.shops, self.amounts.clients, self.amounts.orders_per_round).await?;
        tokio::time::sleep(TAIL).await;
        let spent = self.accounts.since(&before)?;
        let latency = [
            ("create", &orders.create),
            ("pending", &orders.pending),
            ("approve", &orders.approve),
            ("whole", &orders.whole),
        ];
        let latency = latency.into_iter().map(|(name, seen)| (name.to_owned(), seen.figures())).collect();
        Ok(Measured { ids: orders.ids, per_s: orders.per_s, spent, latency })
    }

    async fn bare_round(&self) -> anyhow::Result<Measured> {
        let before = self.accounts.balance()?;
        let (ids, per_s) = self.bare.run(self.amounts.clients, self.amounts.bare_per_round).await?;
        tokio::time::sleep(TAIL).await;
        let spent = self.accounts.since(&before)?;
        Ok(Measured { ids, per_s, spent, latency: Default::default() })
    }
}

impl Measured {
    fn net(&self, kind: &'static str, idle: &Cpu) -> Round {
        Round {
            kind,
            count: self.ids.len(),
            per_s: self.per_s,
            cpu_ms: self.spent.each(self.ids.len(), idle),
            foreign: self.spent.foreign,
            latency: self.latency.clone(),
        }
    }
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    accounting::median(&rounds.iter().map(of).collect::<Vec<f64>>())
}

fn say(line: &str) {
    eprintln!("bench: {line}");
}
