//! Finds what the dispatcher lost: rows left behind, and entities nobody drives.

use super::Entities;
use super::deliver::{Deliverer, Deliveries, Outcome};
use crate::config;
use crate::metrics::Repair;
use crate::watch::{Hub, LOOK};
use ::metrics::{Histogram, histogram};
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const BATCH: i64 = 100;
/// A batch is delivered well within it; else another relay may take the rows too,
/// which is harmless.
const LEASE_S: f64 = 20.0;

/// The claim is a lease, so no transaction is open while Temporal is called. Wakes
/// go first: somebody has decided on those entities.
const CLAIM: &str = "-- relay.claim
    WITH due AS MATERIALIZED (
        SELECT id, extract(epoch FROM now() - next_attempt_at)::float8 AS lag
        FROM outbox WHERE next_attempt_at <= now() AND parked_at IS NULL
        ORDER BY start, next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
    UPDATE outbox o SET next_attempt_at = now() + make_interval(secs => $2), attempts = attempts + 1
    FROM due WHERE o.id = due.id
    RETURNING o.id, o.entity_id, o.start, o.traceparent, due.lag";

/// 2 s, doubled for each attempt, at most 30 s.
const POSTPONE: &str = "-- relay.postpone
    UPDATE outbox SET next_attempt_at = now() + make_interval(secs => least(30, power(2, least(attempts, 5)))), last_error = $2
    WHERE id = $1";

const PARK: &str = "-- relay.park\nUPDATE outbox SET parked_at = now(), last_error = $2 WHERE id = $1";

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    entity_id: String,
    start: bool,
    traceparent: Option<String>,
    /// For how many seconds it has been due.
    lag: f64,
}

pub(super) fn spawn(config: &config::Outbox, pool: PgPool, deliverer: Arc<Deliverer>, stop: CancellationToken) {
    let interval = Duration::from_millis(config.relay_interval_ms);
    tokio::spawn(async move {
        let (deliveries, lag) = (Deliveries::by("relay"), histogram!("oms_outbox_lag_seconds"));
        // While Temporal is away one row is enough to notice its return.
        let mut away = false;
        while !stop.is_cancelled() {
            let size = if away { 1 } else { BATCH };
            let connected = deliverer.is_connected();
            let more = connected
                && match relay(&pool, &deliverer, (&deliveries, &lag), size, &mut away).await {
                    Ok(claimed) => claimed == size && !away,
                    Err(error) => {
                        tracing::warn!(%error, "relay: database not available");
                        false
                    }
                };
            if !more {
                pause(interval, &stop).await;
            }
        }
    });
}

async fn relay(
    pool: &PgPool,
    deliverer: &Arc<Deliverer>,
    (deliveries, lag): (&Deliveries, &Histogram),
    size: i64,
    away: &mut bool,
) -> Result<i64, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(CLAIM).bind(size).bind(LEASE_S).fetch_all(pool).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let claimed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut calls = JoinSet::new();
    for row in rows {
        lag.record(row.lag);
        let deliverer = Arc::clone(deliverer);
        calls.spawn(async move {
            let Some(_permit) = deliverer.permit(row.start).await else {
                return (row, Outcome::Away("stopping".to_owned()));
            };
            let outcome = deliverer.deliver(row.id, &row.entity_id, row.start, row.traceparent.as_deref()).await;
            (row, outcome)
        });
    }
    let (mut done, mut failed) = (Vec::new(), 0);
    while let Some(result) = calls.join_next().await {
        let Ok((row, outcome)) = result else { continue };
        deliveries.count(&outcome);
        match outcome {
            Outcome::Done => done.push(row.id),
            Outcome::Away(error) => {
                failed += 1;
                tracing::debug!(entity = row.entity_id, error, "not delivered; later");
                sqlx::query(POSTPONE).bind(row.id).bind(error).execute(pool).await?;
            }
            Outcome::Refused(error) => {
                tracing::error!(entity = row.entity_id, error, "delivery refused for good; parked");
                sqlx::query(PARK).bind(row.id).bind(error).execute(pool).await?;
            }
        }
    }
    sqlx::query("-- relay.relay\nDELETE FROM outbox WHERE id = ANY($1)").bind(&done).execute(pool).await?;
    if *away && !done.is_empty() {
        // Back again: nobody should wait out a back-off that was for the outage.
        tracing::info!("Temporal is back; delivering what waited");
        sqlx::query("-- relay.relay\nUPDATE outbox SET next_attempt_at = now() WHERE parked_at IS NULL AND attempts > 0 AND next_attempt_at > now()")
            .execute(pool)
            .await?;
        *away = false;
    } else if failed > 0 && done.is_empty() {
        *away = true;
    }
    Ok(claimed)
}

/// Wakes entities that should be moving and have not for a while, and forgets old
/// idempotency keys.
pub(super) fn spawn_sweeper(
    config: &config::Outbox,
    pool: PgPool,
    entities: Arc<dyn Entities>,
    stop: CancellationToken,
) {
    let stale_after = i64::try_from(config.stale_after_s).unwrap_or(i64::MAX);
    let interval = Duration::from_secs(config.stale_after_s.div_ceil(4).max(1));
    tokio::spawn(async move {
        loop {
            pause(interval, &stop).await;
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = sweep(&pool, entities.as_ref(), stale_after).await {
                tracing::warn!(%error, "sweep: database not available");
            }
        }
    });
}

async fn sweep(pool: &PgPool, entities: &dyn Entities, stale_after: i64) -> Result<(), crate::Error> {
    let stale = entities.stale(stale_after, 1_000).await?;
    let woken = super::insert_absent(pool, &stale, false).await?;
    Repair::WakeSent.count(woken);
    if woken > 0 {
        tracing::warn!(entities = woken, "woken again: active and unchanged for too long");
    }
    crate::idempotency::forget_old(pool).await?;
    Ok(())
}

/// Tells watchers about changes that other processes made.
pub(super) fn spawn_look(hub: Hub, entities: Arc<dyn Entities>, stop: CancellationToken) {
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            pause(LOOK, &stop).await;
            let watched = hub.watched();
            if watched.is_empty() {
                continue;
            }
            match entities.latest(&watched).await {
                Ok(latest) => latest.iter().for_each(|(entity, sequence)| hub.publish(entity, *sequence)),
                Err(error) => tracing::debug!(%error, "watches: database not available"),
            }
        }
    });
}

pub(super) async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.cancelled() => {}
    }
}
