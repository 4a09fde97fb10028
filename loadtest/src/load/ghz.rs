//! Single calls, by ghz and its configurations in `loadtest/ghz`.

use super::books::Verdict;
use super::flow::Flow;
use super::run::{Drive, Run};
use super::settings::{Scenario, Settings};
use super::side::{Side, say};
use super::stage::Stage;
use crate::accounting::Cpu;
use crate::latency::Figures;
use crate::shop::{Manners, Shop};
use crate::way::Goal;
use anyhow::Context as _;
use futures::StreamExt as _;
use serde::Deserialize;
use stack::system::Service;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Orders that wait for their approval, unless another number of calls was asked for.
const CALLS: usize = 2_000;
const MAKERS: usize = 50;
const TAIL: Duration = Duration::from_secs(1);

/// The configurations, with the service that is called.
const CALLED: [(&str, Service); 6] = [
    ("create-order", Service::Orders),
    ("get-order", Service::Orders),
    ("approve-order", Service::Orders),
    ("check-availability", Service::Inventory),
    ("reserve-stock", Service::Inventory),
    ("create-payment", Service::Payments),
];

/// What ghz says; times in nanoseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    count: usize,
    total: f64,
    slowest: f64,
    rps: f64,
    #[serde(default)]
    status_code_distribution: BTreeMap<String, usize>,
    #[serde(default)]
    error_distribution: BTreeMap<String, usize>,
    #[serde(default)]
    latency_distribution: Vec<Percentile>,
}

#[derive(Deserialize)]
struct Percentile {
    percentage: f64,
    latency: f64,
}

/// Every configuration, one after another.
pub(crate) async fn run(stage: &Stage, settings: &Settings, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let ghz = settings.ghz.as_deref().context("the scenario ghz needs --ghz")?;
    let calls = settings.amounts.orders.unwrap_or(CALLS);
    let side = stage.side(vec![stage.services()]).await?;
    let shops = side.shops(Manners::default()).await?;
    shops.first().context("no connection")?.stock_up().await?;
    say(&format!("making {calls} orders that wait"));
    let waiting = settings.state.join("waiting.json");
    std::fs::write(&waiting, serde_json::to_vec(&make(&shops, calls).await?)?)?;
    for (name, service) in CALLED {
        runs.push(call(&side, ghz, (name, stage.port(service)), calls, &waiting).await?);
    }
    Ok(())
}

/// Orders that wait for their approval, as requests.
async fn make(shops: &[Shop], count: usize) -> anyhow::Result<Vec<serde_json::Value>> {
    let one = |n: usize| async move {
        let mut order = shops[n % shops.len()].create(Goal::Approved).await?;
        order.pending().await?;
        anyhow::Ok(serde_json::json!({ "order_id": order.id }))
    };
    let made: Vec<_> = futures::stream::iter((0..count).map(one)).buffer_unordered(MAKERS).collect().await;
    made.into_iter().collect()
}

async fn call(side: &Side, ghz: &Path, (name, port): (&str, u16), calls: usize, waiting: &Path) -> anyhow::Result<Run> {
    say(&format!("ghz: {name}"));
    let config = stack::layout::repository().join(format!("loadtest/ghz/{name}.json"));
    let accounts = side.accounts()?;
    let before = accounts.balance()?;
    let mut command = tokio::process::Command::new(ghz);
    command.arg("--config").arg(config).args(["--total", &calls.to_string(), "--format", "json"]);
    if matches!(name, "get-order" | "approve-order") {
        command.arg("--data-file").arg(waiting);
    }
    let output = command.arg(format!("127.0.0.1:{port}")).kill_on_drop(true).output().await.context("starting ghz")?;
    anyhow::ensure!(output.status.success(), "ghz: {}", String::from_utf8_lossy(&output.stderr));
    tokio::time::sleep(TAIL).await;
    let spent = accounts.since(&before)?;
    let said: Said = serde_json::from_slice(&output.stdout).context("what ghz says")?;
    let reached = said.status_code_distribution.get("OK").copied().unwrap_or_default();
    let cpu_ms: Cpu = spent.each(reached.max(1), &side.idle);
    let ms = |ns: f64| ns / 1e6;
    let at = |percent: f64| {
        let found = said.latency_distribution.iter().find(|one| one.percentage >= percent);
        ms(found.map_or(said.slowest, |one| one.latency))
    };
    let latency = Figures {
        count: reached as u64,
        p50_ms: at(50.0),
        p90_ms: at(90.0),
        p99_ms: at(99.0),
        max_ms: ms(said.slowest),
    };
    let curve = said.latency_distribution.iter().map(|one| (one.percentage / 100.0, ms(one.latency)));
    Ok(Run {
        scenario: Scenario::Ghz,
        group: "Single calls, by ghz".to_owned(),
        name: name.to_owned(),
        drive: Drive::Temporal,
        flow: Flow::Call,
        load: "50 clients".to_owned(),
        at: None,
        count: said.count,
        seconds: said.total / 1e9,
        per_s: said.rps,
        latency,
        curve: curve.chain([(1.0, ms(said.slowest))]).collect(),
        parts: BTreeMap::new(),
        throughput: Vec::new(),
        cpu_ms,
        foreign: spent.foreign,
        memory_mib: accounts.memory()?,
        samples: BTreeMap::new(),
        growth: BTreeMap::new(),
        repeated: 0,
        targets: Vec::new(),
        verdict: Verdict {
            reached,
            failed: said.count - reached,
            examples: said.error_distribution.into_keys().take(3).collect(),
            ..Verdict::default()
        },
    })
}
