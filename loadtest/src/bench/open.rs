//! An open loop: orders come at their times, whether or not the system keeps up. Each call is timed from the moment it was
//! meant to be made, so a system that falls behind can't hide it.

use crate::latency::Figures;
use crate::load::times;
use crate::shop::Shop;
use crate::way::{self, Goal, Part, Way};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Between the create of an order and its decision.
const THINK: Duration = Duration::from_secs(1);

/// What an open loop saw.
pub(crate) struct Open {
    /// From the moment each call was due.
    pub(crate) latency: BTreeMap<Part, Figures>,
    /// Orders that did not wait for their decision yet when it was due.
    pub(crate) late: usize,
}

/// Lets orders come at this rate; each is decided a second later.
pub(crate) async fn run(shops: &[Shop], goal: Goal, per_s: f64, seconds: f64) -> anyhow::Result<Open> {
    let mut running = JoinSet::new();
    for (n, due) in times(per_s, seconds).enumerate() {
        running.spawn(one(shops[n % shops.len()].clone(), goal, due));
    }
    let (mut ways, mut late) = (Vec::new(), 0);
    while let Some(one) = running.join_next().await {
        let (way, was_late) = one??;
        ways.push(way);
        late += usize::from(was_late);
    }
    Ok(Open { latency: way::figures(&ways)?, late })
}

async fn one(shop: Shop, goal: Goal, due: Instant) -> anyhow::Result<(Way, bool)> {
    tokio::time::sleep_until(due).await;
    let mut order = shop.create(goal).await?;
    let mut times = vec![(Part::Create, due.elapsed())];
    order.pending().await?;
    let late = due.elapsed() > THINK;
    // It can't be decided before it waits for that; how often that was late is reported.
    let due = if late { Instant::now() } else { due + THINK };
    let workflows = way::decide(&mut order, due, &mut times).await?;
    Ok((Way { workflows, times }, late))
}
