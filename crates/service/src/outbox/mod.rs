//! From a committed change to a woken workflow.
//!
//! A row in `outbox` means "wake this entity" and is written in the transaction
//! of the change. After the commit the request hands a [`Hint`] to the
//! [`dispatch`] queue and does not wait. Whatever the queue loses, the [`relay`]
//! finds in the table.

mod backlog;
mod deliver;
mod dispatch;
mod gauges;
mod pressure;
mod reconcile;
mod relay;

use crate::error::Error;
use crate::telemetry::propagation::traceparent;
use crate::telemetry::spans;
use sqlx::postgres::{PgConnection, PgPool};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use deliver::Deliverer;
use dispatch::Queues;

pub use backlog::backlog;
pub use pressure::Pressure;

/// What the outbox must know about a service's entities.
#[tonic::async_trait]
pub trait Entities: Send + Sync + 'static {
    /// Name of the workflow that drives the entity.
    fn workflow_type(&self, entity: &str) -> &'static str;

    /// Whether the entity needs a driver (it is not settled).
    async fn needs_driver(&self, entity: &str) -> Result<bool, Error>;

    /// Up to `limit` entities in an active state that have not changed for `seconds`.
    async fn stale(&self, seconds: i64, limit: i64) -> Result<Vec<String>, Error>;

    /// Up to `limit` entities for which a workflow waits, in the order of their ids, after this one (empty: from the
    /// first). None for entities that never wait.
    async fn waiting(&self, _after: &str, _limit: i64) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The last sequence number of each of these entities.
    async fn latest(&self, entities: &[String]) -> Result<Vec<(String, i64)>, Error>;

    /// Sets the gauges that only the database can tell, so that they survive a restart.
    async fn measure(&self) -> Result<(), Error>;
}

/// A fresh outbox row, to be dispatched once its transaction is committed.
#[derive(Debug)]
#[must_use = "dispatch it after the commit; else the entity waits for the relay"]
pub struct Hint {
    row: i64,
    entity: String,
    start: bool,
    at: Instant,
    traceparent: Option<String>,
}

impl Hint {
    /// For a row that was written by a larger statement. `start` for a new entity.
    pub fn new(row: i64, entity: String, start: bool) -> Self {
        Self { row, entity, start, at: Instant::now(), traceparent: traceparent() }
    }

    /// Whom to wake.
    #[must_use]
    pub fn entity(&self) -> &str {
        &self.entity
    }
}

/// Writes an outbox row: wake this entity, or start its first workflow.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, entity: impl ToString, start: bool) -> Result<Hint, sqlx::Error> {
    let entity = entity.to_string();
    let row = sqlx::query_scalar(
        "-- outbox.insert\nINSERT INTO outbox (entity_id, start, traceparent) VALUES ($1, $2, $3) RETURNING id",
    )
    .bind(&entity)
    .bind(start)
    .bind(traceparent())
    .fetch_one(conn)
    .await?;
    Ok(Hint::new(row, entity, start))
}

/// Writes a row, due at once, for each of the entities that has none. Returns how many.
async fn insert_absent(pool: &PgPool, entities: &[String], start: bool) -> Result<u64, sqlx::Error> {
    let written = sqlx::query(
        "-- outbox.insert_absent\nINSERT INTO outbox (entity_id, start, next_attempt_at)
         SELECT e, $2, now() FROM unnest($1::text[]) e
         WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.entity_id = e)",
    )
    .bind(entities)
    .bind(start)
    .execute(pool)
    .await?;
    Ok(written.rows_affected())
}

/// The request's side of the outbox.
#[derive(Clone)]
pub struct Outbox {
    queues: Queues,
    pressure: Pressure,
}

impl Outbox {
    /// Starts the dispatcher, the relay and the housekeeping of a service.
    pub fn start(
        config: &crate::config::Outbox,
        pool: PgPool,
        temporal: crate::temporal::Temporal,
        task_queue: String,
        entities: Arc<dyn Entities>,
        hub: crate::watch::Hub,
        stop: &CancellationToken,
    ) -> Self {
        let pressure = Pressure::new(config);
        let deliverer = Arc::new(Deliverer::new(config, temporal, task_queue, Arc::clone(&entities), pressure.clone()));
        let deleted = dispatch::spawn_deleter(pool.clone(), stop.clone());
        let queues = dispatch::spawn(config.queue, Arc::clone(&deliverer), deleted, stop.clone());
        reconcile::spawn(config, pool.clone(), Arc::clone(&deliverer), Arc::clone(&entities), stop.clone());
        relay::spawn(config, pool.clone(), deliverer, stop.clone());
        pressure::spawn(pressure.clone(), Duration::from_millis(config.relay_interval_ms), pool.clone(), stop.clone());
        relay::spawn_sweeper(config, pool.clone(), Arc::clone(&entities), stop.clone());
        gauges::spawn(pool, Arc::clone(&entities), stop.clone());
        relay::spawn_look(hub, entities, stop.clone());
        Self { queues, pressure }
    }

    /// One without Temporal, relay and housekeeping: its hints come out at the other end, and one that is lost there is
    /// lost. Durable orchestration is compared with what is built on this.
    #[must_use]
    pub fn detached(config: &crate::config::Outbox) -> (Self, mpsc::Receiver<Hint>) {
        let (queues, hints) = dispatch::detached(config.queue);
        (Self { queues, pressure: Pressure::none() }, hints)
    }

    /// Hands a committed row to the dispatcher. Never waits; what does not fit is
    /// left to the relay.
    pub fn dispatch(&self, hint: Hint) {
        if hint.start {
            self.pressure.came();
        }
        spans::about(spans::WORKFLOW, &hint.entity);
        self.queues.push(hint);
    }

    /// How much waits, for those who decide whether more may come.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        self.pressure.clone()
    }
}
