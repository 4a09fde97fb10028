//! Ten times as many orders as can be carried out: those that are accepted are as quick as ever, the others are refused at
//! once, and nothing is lost. What is quick is measured by the processes themselves.

use super::flow::Flow;
use super::pace::Pace;
use super::run::{Run, Target};
use super::scrape::{Classes, Page};
use super::settings::{Amounts, Scenario};
use super::side::{Plan, Side, say};
use super::stage::Stage;
use std::collections::BTreeMap;
use std::time::Duration;

/// Clients of the closed loop that finds the highest rate.
const CLIENTS: usize = 20;
/// Of that rate, what is normal.
const NORMAL: f64 = 0.5;
/// Accepted calls may take so many times what is normal.
const SLOWER: f64 = 4.0;
/// A refusal may take so long.
const REFUSED_MS: f64 = 50.0;
/// In the second half of the overload a process may be larger by this part than in the first, or by so many MiB: its cache
/// of workflows still fills.
const LARGER: f64 = 0.1;
const LARGER_MIB: f64 = 16.0;
/// After the last arrival, for the answer.
const AFTER: Duration = Duration::from_millis(500);
const OURS: [&str; 4] = ["gateway", "orders", "payments", "inventory"];

/// Calls that a process times.
struct Timed {
    name: &'static str,
    port: u16,
    durations: &'static str,
    label: &'static str,
    value: &'static str,
}

/// What a process timed meanwhile.
struct Times {
    accepted: Classes,
    refused: Classes,
}

/// See the module.
pub(crate) async fn run(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    let plan = |name: &str, pace| {
        let plan = Plan::new(Scenario::Overload, Flow::Approved, pace).within("Overload");
        Plan { name: format!("{name}, {}", plan.name), ..plan }
    };
    let highest = side.measure(&plan("highest", amounts.closed(amounts.clients_once(CLIENTS)))).await?;
    let per_s = amounts.rate.unwrap_or(highest.per_s);
    runs.push(highest);

    let normal = Pace::Open { per_s: per_s * NORMAL, seconds: amounts.overload_s };
    let (normal, usual) = timed(&side, stage, &plan("normal", normal), amounts.overload_s).await?;
    runs.push(normal);
    let over = Pace::Open { per_s: per_s * amounts.overload, seconds: amounts.overload_s };
    let (mut over, busy) = timed(&side, stage, &plan("overload", over), amounts.overload_s).await?;
    for (timed, (usual, busy)) in calls(stage).iter().zip(usual.iter().zip(&busy)) {
        over.targets.extend(targets(timed, usual, busy));
    }
    let orders = Page::of(stage.system.ports.orders_metrics).await?;
    let turned_away = orders.counted("oms_refused_total", ("method", "oms.orders.v1.OrderService/ApproveOrder"));
    over.targets.push(Target::at_most("decisions refused", turned_away, 0.0));
    over.targets.extend(memory(&over.samples, amounts.overload_s));
    runs.push(over);
    Ok(())
}

/// Everything through the gateway; at the orders service by method.
fn calls(stage: &Stage) -> [Timed; 3] {
    let ports = &stage.system.ports;
    let orders = |name, value| Timed {
        name,
        port: ports.orders_metrics,
        durations: "oms_rpc_duration_seconds",
        label: "method",
        value,
    };
    let gateway = Timed {
        name: "gateway, all calls",
        port: ports.gateway_metrics,
        durations: "oms_http_duration_seconds",
        label: "route",
        value: "/oms.orders.v1.OrderService/{method}",
    };
    [
        gateway,
        orders("orders, CreateOrder", "oms.orders.v1.OrderService/CreateOrder"),
        orders("orders, ApproveOrder", "oms.orders.v1.OrderService/ApproveOrder"),
    ]
}

/// Measures, and looks at what the processes timed until the last arrival.
async fn timed(side: &Side, stage: &Stage, plan: &Plan, seconds: f64) -> anyhow::Result<(Run, Vec<Times>)> {
    let look = async || {
        let mut all = Vec::new();
        for timed in calls(stage) {
            let page = Page::of(timed.port).await?;
            let all_calls = page.classes(timed.durations, (timed.label, timed.value));
            let refused = page.classes("oms_refused_duration_seconds", ("method", timed.value));
            all.push(Times { accepted: all_calls.without(&refused), refused });
        }
        anyhow::Ok(all)
    };
    let before = look().await?;
    let mut times = Vec::new();
    let run = side
        .measure_beside(plan, async |_| {
            tokio::time::sleep(Duration::from_secs_f64(seconds) + AFTER).await;
            let since = |(after, before): (Times, &Times)| Times {
                accepted: after.accepted.without(&before.accepted),
                refused: after.refused.without(&before.refused),
            };
            times = look().await?.into_iter().zip(&before).map(since).collect();
            say("no more come; what was accepted is carried to its end");
            Ok(())
        })
        .await?;
    Ok((run, times))
}

fn targets(timed: &Timed, usual: &Times, busy: &Times) -> Vec<Target> {
    let normal = usual.accepted.quantile_ms(0.99);
    let counted = |what: &str, classes: &Classes| format!("{}, {what} ({:.0}), ms", timed.name, classes.count());
    let mut targets = vec![Target::at_most(
        &format!("{} (normal: {normal:.1})", counted("p99 of accepted", &busy.accepted)),
        busy.accepted.quantile_ms(0.99),
        SLOWER * normal,
    )];
    if busy.refused.count() > 0.0 {
        let refused = busy.refused.quantile_ms(0.95);
        targets.push(Target::at_most(&counted("p95 of refused", &busy.refused), refused, REFUSED_MS));
    }
    targets
}

/// The highest of the second half of the overload, beside that of the first.
fn memory(samples: &BTreeMap<String, Vec<(f64, f64)>>, seconds: f64) -> Vec<Target> {
    let highest = |samples: &[(f64, f64)], from: f64, to: f64| {
        samples.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, mib)| *mib).fold(0.0, f64::max)
    };
    let target = |name: &&str| {
        let samples = samples.get(*name)?;
        let first = highest(samples, 0.0, seconds / 2.0);
        let second = highest(samples, seconds / 2.0, f64::INFINITY);
        let limit = first + (first * LARGER).max(LARGER_MIB);
        Some(Target::at_most(&format!("{name}, resident, MiB (first half: {first:.1})"), second, limit))
    };
    OURS.iter().filter_map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_grows_misses_its_target() {
        let samples = |last: f64| {
            [("orders".to_owned(), (0..20).map(|s| (f64::from(s), if s < 15 { 100.0 } else { last })).collect())].into()
        };
        assert!(memory(&samples(115.0), 20.0).iter().all(|target| target.met));
        assert!(!memory(&samples(117.0), 20.0).iter().all(|target| target.met));
    }
}
