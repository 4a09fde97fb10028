//! Creates come faster than they can be worked off, while decisions are made on orders that waited before. New orders may
//! queue; a decision may not wait behind them.

use crate::bench::closed;
use crate::followed::Followed;
use crate::latency::Latencies;
use crate::load::times;
use crate::shop::{Failure, Shop};
use crate::way::Goal;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{ListOrdersRequest, OrderStatus};
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Code;
use tonic::transport::Channel;

/// What the overload did.
pub(crate) struct Overload {
    pub(crate) create: Latencies,
    /// From the moment a decision was due until it was carried out.
    pub(crate) decision: Latencies,
    /// Creates that were refused because too much waits.
    pub(crate) refused: u64,
    /// From the last create until no order was left unvalidated.
    pub(crate) drained: Duration,
}

/// Creates at one rate and decides at another.
pub(crate) async fn run(
    shops: &[Shop],
    clients: usize,
    (creates_per_s, decisions_per_s): (f64, f64),
    seconds: f64,
    orders: OrderServiceClient<Channel>,
) -> anyhow::Result<Overload> {
    let waiting = waiting(shops, clients, (decisions_per_s * seconds).round() as usize).await?;
    let mut creates = JoinSet::new();
    for (n, due) in times(creates_per_s, seconds).enumerate() {
        let shop = shops[n % shops.len()].clone();
        creates.spawn(async move {
            tokio::time::sleep_until(due).await;
            match shop.create(Goal::Approved).await {
                Ok(_) => Ok(Some(due.elapsed())),
                Err(Failure::Call(status)) if status.code() == Code::ResourceExhausted => Ok(None),
                Err(failure) => Err(failure),
            }
        });
    }
    let mut decisions = JoinSet::new();
    for (due, mut order) in times(decisions_per_s, seconds).zip(waiting) {
        decisions.spawn(async move {
            tokio::time::sleep_until(due).await;
            order.approve().await?;
            order.carried_out().await?;
            anyhow::Ok(due.elapsed())
        });
    }
    let mut seen =
        Overload { create: Latencies::new()?, decision: Latencies::new()?, refused: 0, drained: Duration::ZERO };
    while let Some(created) = creates.join_next().await {
        match created?? {
            Some(took) => seen.create.add(took),
            None => seen.refused += 1,
        }
    }
    let last = Instant::now();
    while let Some(decided) = decisions.join_next().await {
        seen.decision.add(decided??);
    }
    drain(orders).await?;
    seen.drained = last.elapsed();
    Ok(seen)
}

/// Orders that wait for a decision, not followed meanwhile.
async fn waiting(shops: &[Shop], clients: usize, count: usize) -> anyhow::Result<Vec<Followed>> {
    let shops = shops.to_vec();
    let work = move |client: usize| -> BoxFuture<'static, _> {
        let shop = shops[client % shops.len()].clone();
        Box::pin(async move {
            let mut order = shop.create(Goal::Approved).await?;
            order.pending().await?;
            order.look_away();
            Ok(order)
        })
    };
    Ok(closed::run(clients, count, work).await?.0)
}

async fn drain(mut orders: OrderServiceClient<Channel>) -> anyhow::Result<()> {
    loop {
        let request =
            ListOrdersRequest { status: OrderStatus::Created.into(), page_size: 1, ..ListOrdersRequest::default() };
        if orders.list_orders(request).await?.into_inner().orders.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
