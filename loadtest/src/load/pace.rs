//! When customers come: as soon as they are done, or at their times.

use super::flow::{Done, Visit};
use crate::shop::Shop;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// When customers come.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pace {
    /// So many at once, each beginning again when it is done, until the time is over or so many have begun.
    Closed { clients: usize, seconds: f64, count: Option<usize> },
    /// So many a second, whether or not the system keeps up.
    Open { per_s: f64, seconds: f64 },
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { clients: 1, .. } => f.pad("1 client"),
            Self::Closed { clients, .. } => f.pad(&format!("{clients} clients")),
            Self::Open { per_s, .. } => f.pad(&format!("{per_s:.0}/s")),
        }
    }
}

/// How many visits have begun and ended, for those who look on.
#[derive(Clone, Default)]
pub(crate) struct Count {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Count {
    /// Visits that have ended.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }
}

/// Lets them come, and waits until the last is done.
pub(crate) async fn run<V>(pace: Pace, shops: &[Shop], count: &Count, visit: V) -> anyhow::Result<Vec<Done>>
where
    V: Fn(usize) -> Visit + Send + Sync + 'static,
{
    let visit = Arc::new(visit);
    let mut running = JoinSet::new();
    match pace {
        Pace::Closed { clients, seconds, count: most } => {
            let over = Instant::now() + Duration::from_secs_f64(seconds);
            for client in 0..clients {
                let (shop, visit, count) = (shops[client % shops.len()].clone(), Arc::clone(&visit), count.clone());
                running.spawn(async move {
                    let mut all = Vec::new();
                    while most.is_some() || Instant::now() < over {
                        let number = count.begun.fetch_add(1, Ordering::Relaxed);
                        if most.is_some_and(|most| number >= most) {
                            break;
                        }
                        all.push(visit(number).go(&shop, Instant::now()).await);
                        count.ended.fetch_add(1, Ordering::Relaxed);
                    }
                    all
                });
            }
        }
        Pace::Open { per_s, seconds } => {
            for (number, due) in times(per_s, seconds).enumerate() {
                let (shop, visit, count) = (shops[number % shops.len()].clone(), Arc::clone(&visit), count.clone());
                running.spawn(async move {
                    tokio::time::sleep_until(due).await;
                    let done = visit(number).go(&shop, due).await;
                    count.ended.fetch_add(1, Ordering::Relaxed);
                    vec![done]
                });
            }
        }
    }
    let mut all = Vec::new();
    while let Some(done) = running.join_next().await {
        all.extend(done?);
    }
    Ok(all)
}

/// The times at which something happens `per_s` times a second for `seconds`.
pub(crate) fn times(per_s: f64, seconds: f64) -> impl Iterator<Item = Instant> {
    let (first, count) = (Instant::now() + Duration::from_millis(100), (per_s * seconds).round() as u32);
    (0..count).map(move |n| first + Duration::from_secs_f64(f64::from(n) / per_s))
}
