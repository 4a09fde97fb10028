//! One side under load: the system as it is, or the same without Temporal.

use super::books::Books;
use super::flow::{Flow, Outcome, Visit};
use super::pace::{self, Count, Pace};
use super::run::{Drive, Run, Seen};
use super::settings::Scenario;
use crate::accounting::{Accounts, Cpu};
use crate::basket::Basket;
use crate::shop::{Endpoints, Manners, Shop};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// After a run, so that what it left behind is charged to it.
const TAIL: Duration = Duration::from_secs(1);
const SAMPLE: Duration = Duration::from_millis(500);
const SAY: Duration = Duration::from_secs(5);
/// Before the first measurement, to open connections and fill caches.
const WARM_UP: Pace = Pace::Closed { clients: 10, seconds: 0.0, count: Some(40) };

/// What is under load.
pub(crate) struct Side {
    pub(crate) drive: Drive,
    /// Customers are spread over these.
    pub(crate) endpoints: Vec<Endpoints>,
    pub(crate) books: Books,
    /// Names and process ids of what is charged.
    pub(crate) processes: Vec<(String, String)>,
    /// What it burns without work, in milliseconds a second.
    pub(crate) idle: Cpu,
    pub(crate) connections: usize,
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) scenario: Scenario,
    /// What it is shown with.
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) flow: Flow,
    pub(crate) pace: Pace,
    pub(crate) stock: Stock,
    pub(crate) lines: usize,
    pub(crate) tokens: Tokens,
    pub(crate) at: Option<f64>,
    pub(crate) manners: Manners,
    /// Process ids change meanwhile.
    pub(crate) kills: bool,
    /// What can be read.
    pub(crate) known: Arc<Vec<String>>,
}

/// Which products are bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Stock {
    /// All the same.
    Hot,
    /// Each another.
    Cold,
}

/// What the payment provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// Charges.
    Sound,
    /// Of twenty: five fail once and are charged at the next attempt, one is declined, one is charged and its reply is lost.
    Failing,
}

impl Tokens {
    fn of(self, number: usize) -> &'static str {
        match (self, number % 20) {
            (Self::Failing, 1 | 5 | 9 | 13 | 17) => "sim_transient_1",
            (Self::Failing, 7) => super::flow::DECLINED,
            (Self::Failing, 11) => "sim_unknown_1",
            _ => "tok_visa",
        }
    }
}

impl Plan {
    /// Orders of one line, each of another product, from a provider that charges.
    pub(crate) fn new(scenario: Scenario, flow: Flow, pace: Pace) -> Self {
        Self {
            scenario,
            group: String::new(),
            name: flow.to_string(),
            flow,
            pace,
            stock: Stock::Cold,
            lines: 1,
            tokens: Tokens::Sound,
            at: None,
            manners: Manners::default(),
            kills: false,
            known: Arc::default(),
        }
    }

    /// Shown with others of this name.
    pub(crate) fn within(self, group: impl Into<String>) -> Self {
        Self { group: group.into(), ..self }
    }

    /// The visits of a customer.
    pub(crate) fn visits(&self, customer: &Arc<str>) -> impl Fn(usize) -> Visit + Send + Sync + use<> {
        let (plan, customer) = (self.clone(), Arc::clone(customer));
        move |number| Visit {
            flow: plan.flow,
            number,
            customer: Arc::clone(&customer),
            basket: Basket::from(if plan.stock == Stock::Hot { 0 } else { number * plan.lines }, plan.lines),
            token: plan.tokens.of(number),
            known: Arc::clone(&plan.known),
        }
    }
}

impl Side {
    /// Clients.
    pub(crate) async fn shops(&self, manners: Manners) -> anyhow::Result<Vec<Shop>> {
        let mut shops = Vec::new();
        for n in 0..self.connections.max(self.endpoints.len()) {
            shops.push(Shop::connect(&self.endpoints[n % self.endpoints.len()], manners).await?);
        }
        Ok(shops)
    }

    /// What is to be charged.
    pub(crate) fn accounts(&self) -> anyhow::Result<Accounts> {
        Accounts::new(&self.processes)
    }

    /// Drives some orders that nobody looks at, each to its end.
    pub(crate) async fn warm_up(&self) -> anyhow::Result<()> {
        say("warming up");
        let plan = Plan::new(Scenario::Flows, Flow::Delivered, WARM_UP);
        let shops = self.shops(Manners { repeats: true, ..Manners::default() }).await?;
        let visits = pace::run(plan.pace, &shops, &Count::default(), plan.visits(&new_customer())).await?;
        let unfinished = visits.iter().find(|visit| visit.outcome != Outcome::Reached);
        anyhow::ensure!(unfinished.is_none(), "while warming up: {unfinished:?}");
        Ok(())
    }

    /// Measures, and returns what came of it.
    pub(crate) async fn measure(&self, plan: &Plan) -> anyhow::Result<Run> {
        self.measure_beside(plan, |_| async { Ok(()) }).await
    }

    /// The same, while something else is done that may look at how far it is.
    pub(crate) async fn measure_beside<F>(&self, plan: &Plan, beside: impl FnOnce(Count) -> F) -> anyhow::Result<Run>
    where
        F: Future<Output = anyhow::Result<()>>,
    {
        let what = format!("{}: {}, {}, {}", plan.scenario, plan.name, plan.pace, self.drive);
        say(&what);
        let shops = self.shops(plan.manners).await?;
        let customer = new_customer();
        let count = Count::default();
        let accounts = if plan.kills { Accounts::new(&[])? } else { self.accounts()? };
        let before = accounts.balance()?;
        let mut samples: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        let began = Instant::now();
        let load = pace::run(plan.pace, &shops, &count, plan.visits(&customer));
        let watch = async {
            let mut look = tokio::time::interval(SAMPLE);
            let mut last = Instant::now();
            loop {
                look.tick().await;
                for (name, mib) in accounts.memory()? {
                    samples.entry(name).or_default().push((began.elapsed().as_secs_f64(), mib));
                }
                if last.elapsed() > SAY {
                    last = Instant::now();
                    say(&format!("{what}: {} done", count.ended()));
                }
            }
            #[expect(unreachable_code, reason = "gives the endless loop its type")]
            anyhow::Ok(())
        };
        let visits = tokio::select! {
            both = async { tokio::try_join!(load, beside(count.clone())) } => both?.0,
            broken = watch => return broken.and(Err(anyhow::anyhow!("the watch ended"))),
        };
        tokio::time::sleep(TAIL).await;
        let spent = accounts.since(&before)?;
        let seen = Seen::of(&visits)?;
        let verdict = self.books.judge(plan.flow, &customer, &visits).await?;
        let cpu_ms = if plan.kills { Cpu::new() } else { spent.each(verdict.reached.max(1), &self.idle) };
        let latency = seen.latency.figures();
        say(&format!("{what}: {:.1}/s, p50 {:.1} ms, p99 {:.1} ms", seen.per_s, latency.p50_ms, latency.p99_ms));
        Ok(Run {
            scenario: plan.scenario,
            group: plan.group.clone(),
            name: plan.name.clone(),
            drive: self.drive,
            flow: plan.flow,
            load: plan.pace.to_string(),
            at: plan.at,
            count: visits.len(),
            seconds: seen.seconds,
            per_s: seen.per_s,
            latency,
            curve: seen.latency.curve(),
            parts: seen.parts,
            throughput: seen.throughput,
            cpu_ms,
            foreign: spent.foreign,
            memory_mib: samples.iter().map(|(name, samples)| (name.clone(), highest(samples))).collect(),
            samples,
            growth: BTreeMap::new(),
            repeated: shops.iter().map(Shop::repeated).sum(),
            verdict,
            targets: Vec::new(),
        })
    }
}

/// Of one run, and of no other.
fn new_customer() -> Arc<str> {
    format!("LOAD-{}", uuid::Uuid::now_v7().simple()).into()
}

fn highest(samples: &[(f64, f64)]) -> f64 {
    samples.iter().map(|(_, mib)| *mib).fold(0.0, f64::max)
}

/// Progress.
pub(crate) fn say(line: &str) {
    eprintln!("load: {line}");
}
