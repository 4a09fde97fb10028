//! With Temporal and without it: the same customers, the same transactions and the same provider, whose failures are the
//! same for the same order.

use super::flow::Flow;
use super::pace::Pace;
use super::run::Run;
use super::scenario::{ORDERS, few};
use super::settings::{Amounts, Scenario};
use super::side::{Plan, Side, Tokens};
use super::stage::Stage;
use crate::shop::Manners;
use std::time::Duration;

const CLIENTS: [usize; 3] = [10, 50, 100];
const LINES: [usize; 4] = [10, 100, 1_000, 10_000];
const FAILURES: &str = "With Temporal and without: failures";
/// Of those who are cut off: they make their calls again, and give an order up when nothing happens to it for so long.
const CUT_OFF: Manners = Manners { patience: Duration::from_secs(45), repeats: true };

/// Everything on one side, then everything on the other. Customers come to the services' own ports.
pub(crate) async fn run(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    one_side(stage, &stage.side(vec![stage.services()]).await?, amounts, runs).await?;
    let side = stage.without_temporal().await?;
    let measured = one_side(stage, &side, amounts, runs).await;
    stage.with_temporal().await?;
    measured
}

async fn one_side(stage: &Stage, side: &Side, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let plan = |flow, clients| Plan::new(Scenario::Compare, flow, amounts.closed(clients));
    for flow in ORDERS {
        for &clients in amounts.clients_or(&CLIENTS) {
            runs.push(
                side.measure(&plan(flow, clients).within(format!("With Temporal and without: at once, {flow}")))
                    .await?,
            );
        }
        for &lines in amounts.lines_or(&LINES) {
            let name = format!("{lines} lines, {flow}");
            let plan = Plan { name, lines, at: Some(lines as f64), ..plan(flow, few(lines)) };
            runs.push(side.measure(&plan.within(format!("With Temporal and without: large orders, {flow}"))).await?);
        }
    }
    let clients = amounts.clients_once(50);
    let failing = Plan {
        name: format!("failing provider, {}", Flow::Delivered),
        tokens: Tokens::Failing,
        ..plan(Flow::Delivered, clients)
    };
    runs.push(side.measure(&failing.within(FAILURES)).await?);
    for flow in ORDERS {
        let killed = Plan {
            name: format!("SIGKILL, failing provider, {flow}"),
            tokens: Tokens::Failing,
            manners: CUT_OFF,
            kills: true,
            pace: Pace::Closed { clients, seconds: 2.0 * amounts.seconds, count: None },
            ..plan(flow, clients)
        };
        runs.push(killed_once(stage, side, &killed.within(FAILURES), amounts.seconds).await?);
    }
    Ok(())
}

/// The process is killed when half of the time is over, and started again at once.
async fn killed_once(stage: &Stage, side: &Side, plan: &Plan, after: f64) -> anyhow::Result<Run> {
    let beside = |_| async move {
        tokio::time::sleep(Duration::from_secs_f64(after)).await;
        stage.kill(side.drive).await
    };
    side.measure_beside(plan, beside).await
}
