//! An open loop: orders come at their times, whether or not the system keeps up. Each call is timed from the moment it was
//! meant to be made, so a system that falls behind can't hide it.

use crate::latency::Latencies;
use crate::shop::Shop;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Between the create of an order and its decision.
const THINK: Duration = Duration::from_secs(1);

/// What an open loop saw.
pub(crate) struct Open {
    pub(crate) create: Latencies,
    pub(crate) approve: Latencies,
    /// From the decision until it was carried out.
    pub(crate) decision: Latencies,
    /// Orders that did not wait for their decision yet when it was due.
    pub(crate) late: u64,
}

struct One {
    create: Duration,
    approve: Duration,
    decision: Duration,
    late: bool,
}

/// The times at which something happens `per_s` times a second for `seconds`.
pub(crate) fn times(per_s: f64, seconds: f64) -> impl Iterator<Item = Instant> {
    let (first, count) = (Instant::now() + Duration::from_millis(100), (per_s * seconds).round() as u32);
    (0..count).map(move |n| first + Duration::from_secs_f64(f64::from(n) / per_s))
}

/// Lets orders come at this rate; each is decided a second later.
pub(crate) async fn run(shops: &[Shop], per_s: f64, seconds: f64) -> anyhow::Result<Open> {
    let mut running = JoinSet::new();
    for (n, due) in times(per_s, seconds).enumerate() {
        running.spawn(one(shops[n % shops.len()].clone(), due));
    }
    let mut seen = Open { create: Latencies::new()?, approve: Latencies::new()?, decision: Latencies::new()?, late: 0 };
    while let Some(one) = running.join_next().await {
        let one = one??;
        seen.create.add(one.create);
        seen.approve.add(one.approve);
        seen.decision.add(one.decision);
        seen.late += u64::from(one.late);
    }
    Ok(seen)
}

async fn one(shop: Shop, due: Instant) -> anyhow::Result<One> {
    tokio::time::sleep_until(due).await;
    let mut order = shop.create().await?;
    let create = due.elapsed();
    order.pending().await?;
    let late = due.elapsed() > THINK;
    // It can't be decided before it waits for that; how often that was late is reported.
    let due = if late { Instant::now() } else { due + THINK };
    tokio::time::sleep_until(due).await;
    order.approve().await?;
    let approve = due.elapsed();
    order.settled().await?;
    Ok(One { create, approve, decision: due.elapsed(), late })
}
