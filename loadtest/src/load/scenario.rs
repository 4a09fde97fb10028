//! The scenarios that need no more than the system as it is.

use super::flow::Flow;
use super::pace::Pace;
use super::run::Run;
use super::settings::{Amounts, Scenario};
use super::side::{Plan, Side, Stock};
use super::stage::Stage;
use std::sync::Arc;

const CLIENTS: usize = 50;
/// Of what a closed loop reaches, for an open one.
const OPEN: f64 = 0.5;
/// The two whole ways of an order.
pub(crate) const ORDERS: [Flow; 2] = [Flow::Approved, Flow::Delivered];

impl Amounts {
    /// A closed loop of the length that was asked for.
    pub(crate) fn closed(&self, clients: usize) -> Pace {
        Pace::Closed { clients, seconds: self.seconds, count: self.orders }
    }

    /// The clients that were asked for, or else these.
    pub(crate) fn clients_or<'a>(&'a self, usual: &'a [usize]) -> &'a [usize] {
        if self.clients.is_empty() { usual } else { &self.clients }
    }

    /// The one number of clients that was asked for, or else this.
    pub(crate) fn clients_once(&self, usual: usize) -> usize {
        self.clients.first().copied().unwrap_or(usual)
    }

    /// The lines that were asked for, or else these.
    pub(crate) fn lines_or<'a>(&'a self, usual: &'a [usize]) -> &'a [usize] {
        if self.lines.is_empty() { usual } else { &self.lines }
    }
}

/// Each flow with 50 clients.
pub(crate) async fn flows(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for flow in [Flow::Approved, Flow::Delivered, Flow::Reserve, Flow::Refund, Flow::Reads] {
        let mut plan =
            Plan::new(Scenario::Flows, flow, amounts.closed(amounts.clients_once(CLIENTS))).within("Each flow");
        if flow == Flow::Reads {
            plan.known = known(&side).await?;
        }
        runs.push(side.measure(&plan).await?);
    }
    Ok(())
}

/// Orders that are there, to be read.
pub(crate) async fn known(side: &Side) -> anyhow::Result<Arc<Vec<String>>> {
    let ids = "SELECT 'ord_' || replace(id::text, '-', '') FROM (SELECT id FROM orders.orders ORDER BY random() LIMIT 5000) o";
    let known: Vec<String> = sqlx::query_scalar(ids).fetch_all(side.books.pool()).await?;
    anyhow::ensure!(!known.is_empty(), "there are no orders to be read");
    Ok(Arc::new(known))
}

/// Approved and delivered orders with 10, 50, 100 and 500 clients.
pub(crate) async fn closed(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for flow in ORDERS {
        for &clients in amounts.clients_or(&[10, 50, 100, 500]) {
            let plan = Plan::new(Scenario::Closed, flow, amounts.closed(clients)).within(format!("Clients, {flow}"));
            runs.push(side.measure(&Plan { at: Some(clients as f64), ..plan }).await?);
        }
    }
    Ok(())
}

/// Approved and delivered orders that come at a rate.
pub(crate) async fn open(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for flow in ORDERS {
        let per_s = match amounts.rate {
            Some(rate) => rate,
            None => {
                let plan = Plan::new(Scenario::Open, flow, amounts.closed(amounts.clients_once(CLIENTS)));
                let closed = side.measure(&plan.within("Arrivals")).await?;
                let per_s = closed.per_s * OPEN;
                runs.push(closed);
                per_s
            }
        };
        let pace = Pace::Open { per_s, seconds: amounts.seconds };
        runs.push(side.measure(&Plan::new(Scenario::Open, flow, pace).within("Arrivals")).await?);
    }
    Ok(())
}

/// All buy one product, beside each another.
pub(crate) async fn stock(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for flow in [Flow::Reserve, Flow::Delivered] {
        for stock in [Stock::Cold, Stock::Hot] {
            let plan = Plan::new(Scenario::Stock, flow, amounts.closed(amounts.clients_once(CLIENTS)));
            let name = format!("{stock} stock, {flow}");
            runs.push(side.measure(&Plan { name, stock, ..plan }.within("Hot and cold stock")).await?);
        }
    }
    Ok(())
}

/// Orders of 1 to 10,000 lines.
pub(crate) async fn lines(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    let side = stage.whole().await?;
    for flow in ORDERS {
        for &lines in amounts.lines_or(&[1, 10, 100, 1_000, 10_000]) {
            let plan = Plan::new(Scenario::Lines, flow, amounts.closed(amounts.clients_once(few(lines))));
            let name = format!("{lines} lines, {flow}");
            runs.push(
                side.measure(&Plan { name, lines, at: Some(lines as f64), ..plan }.within(format!("Lines, {flow}")))
                    .await?,
            );
        }
    }
    Ok(())
}

/// Clients that a machine can carry with orders of so many lines.
pub(crate) const fn few(lines: usize) -> usize {
    if lines >= 10_000 { 4 } else { 10 }
}

/// 1, 2 and 4 instances of the orders service.
pub(crate) async fn instances(stage: &Stage, amounts: &Amounts, runs: &mut Vec<Run>) -> anyhow::Result<()> {
    for &instances in &amounts.instances {
        let side = stage.side(stage.instances(instances).await?).await?;
        let plan = Plan::new(Scenario::Instances, Flow::Approved, amounts.closed(amounts.clients_once(CLIENTS)));
        let name = format!("{instances} of orders, {}", plan.name);
        runs.push(side.measure(&Plan { name, at: Some(instances as f64), ..plan }.within("Instances")).await?);
    }
    stage.one_instance().await
}
