//! Finds entities for which a workflow should wait and none does: it was terminated by hand, or Temporal has lost its
//! data. Entities that should be moving need no such look, the sweep wakes them.

use super::Entities;
use super::deliver::Deliverer;
use super::relay::pause;
use crate::config;
use crate::metrics::Repair;
use futures::StreamExt as _;
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// So many entities are looked at in one round, so many at one time. The rounds go through all that wait.
const ROUND: i64 = 200;
const AT_ONCE: usize = 4;

pub(super) fn spawn(
    config: &config::Outbox,
    pool: PgPool,
    deliverer: Arc<Deliverer>,
    entities: Arc<dyn Entities>,
    stop: CancellationToken,
) {
    let interval = Duration::from_secs(config.stale_after_s.div_ceil(4).max(1));
    tokio::spawn(async move {
        let mut after = String::new();
        while !stop.is_cancelled() {
            pause(interval, &stop).await;
            match round(&pool, &deliverer, entities.as_ref(), &after).await {
                Ok(last) => after = last,
                Err(error) => tracing::warn!(%error, "reconciler: database not available"),
            }
        }
    });
}

/// Returns where the next round goes on.
async fn round(
    pool: &PgPool,
    deliverer: &Deliverer,
    entities: &dyn Entities,
    after: &str,
) -> Result<String, crate::Error> {
    let waiting = entities.waiting(after, ROUND).await?;
    let full = i64::try_from(waiting.len()).unwrap_or(i64::MAX) == ROUND;
    let next = waiting.last().filter(|_| full).cloned().unwrap_or_default();
    let looks = futures::stream::iter(waiting)
        .map(|entity| async move { (deliverer.is_missing(&entity).await == Some(true)).then_some(entity) });
    let missing: Vec<String> = looks.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    if missing.is_empty() {
        return Ok(next);
    }
    let started = super::insert_absent(pool, &missing, true).await?;
    Repair::WorkflowStarted.count(started);
    if started > 0 {
        tracing::warn!(entities = started, "their workflows were missing; starting others");
    }
    Ok(next)
}
