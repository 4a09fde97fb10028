//! The way of one order through the system, as its shop sees it.

use crate::followed::Followed;
use crate::latency::{Figures, Latencies};
use crate::shop::{Failure, Shop};
use contracts::orders::OrderStatus;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// How far an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Until its approval was carried out. It is paid by hand.
    Approved,
    /// Reserved, charged, committed, shipped and delivered.
    Delivered,
}

impl Goal {
    /// The status that an approved order comes to rest in.
    pub(crate) const fn rest(self) -> OrderStatus {
        match self {
            Self::Approved => OrderStatus::Approved,
            Self::Delivered => OrderStatus::Processing,
        }
    }
}

/// A part of the way that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// The call.
    Create,
    /// From the create until the order waits for a decision.
    Pending,
    /// The call.
    Approve,
    /// From the decision until it was carried out.
    Decision,
    /// The call.
    Ship,
    /// The call.
    Deliver,
    /// All of it.
    Whole,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Pending => "until it is pending",
            Self::Approve => "approve",
            Self::Decision => "approval carried out",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Whole => "whole way",
        })
    }
}

/// An order that went its way.
pub(crate) struct Way {
    /// Its workflows, its own first.
    pub(crate) workflows: Vec<String>,
    /// How long each part took.
    pub(crate) times: Vec<(Part, Duration)>,
}

/// Takes an order the whole way, without pauses.
pub(crate) async fn whole(shop: &Shop, goal: Goal) -> anyhow::Result<Way> {
    let began = Instant::now();
    let mut order = shop.create(goal).await?;
    let mut times = vec![(Part::Create, began.elapsed())];
    order.pending().await?;
    times.push((Part::Pending, began.elapsed()));
    let workflows = decide(&mut order, Instant::now(), &mut times).await?;
    times.push((Part::Whole, began.elapsed()));
    Ok(Way { workflows, times })
}

/// Approves an order that waits for it at `due`, and takes it on to its goal. Returns its workflows.
pub(crate) async fn decide(
    order: &mut Followed,
    due: Instant,
    times: &mut Vec<(Part, Duration)>,
) -> Result<Vec<String>, Failure> {
    tokio::time::sleep_until(due).await;
    order.approve().await?;
    times.push((Part::Approve, due.elapsed()));
    order.carried_out().await?;
    times.push((Part::Decision, due.elapsed()));
    let mut workflows = vec![order.id.clone()];
    if order.goal == Goal::Delivered {
        let began = Instant::now();
        order.ship().await?;
        times.push((Part::Ship, began.elapsed()));
        let began = Instant::now();
        let delivered = order.deliver().await?;
        times.push((Part::Deliver, began.elapsed()));
        workflows.extend([delivered.payment_id, delivered.reservation_id]);
    }
    Ok(workflows)
}

/// How long each part took, over many orders.
pub(crate) fn figures(ways: &[Way]) -> anyhow::Result<BTreeMap<Part, Figures>> {
    let mut seen: BTreeMap<Part, Latencies> = BTreeMap::new();
    for (part, took) in ways.iter().flat_map(|way| &way.times) {
        match seen.get_mut(part) {
            Some(latencies) => latencies.add(*took),
            None => seen.entry(*part).or_insert(Latencies::new()?).add(*took),
        }
    }
    Ok(seen.into_iter().map(|(part, latencies)| (part, latencies.figures())).collect())
}
