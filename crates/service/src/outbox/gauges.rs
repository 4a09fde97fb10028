//! What the database says of the outbox, and of the service's entities.

use super::Entities;
use super::relay::pause;
use crate::error::Error;
use ::metrics::{Gauge, gauge};
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is asked.
const LOOK: Duration = Duration::from_secs(5);

struct Gauges {
    oldest: Gauge,
    parked: Gauge,
    used: Gauge,
    idle: Gauge,
    most: Gauge,
    reachable: Gauge,
}

pub(super) fn spawn(pool: PgPool, entities: Arc<dyn Entities>, stop: CancellationToken) {
    let gauges = Gauges {
        oldest: gauge!("oms_outbox_oldest_seconds"),
        parked: gauge!("oms_outbox_parked_rows"),
        used: gauge!("oms_db_connections", "state" => "used"),
        idle: gauge!("oms_db_connections", "state" => "idle"),
        most: gauge!("oms_db_connections_max"),
        reachable: gauge!("oms_db_up"),
    };
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            let looked = look(&pool, entities.as_ref(), &gauges).await;
            gauges.reachable.set(u8::from(looked.is_ok()));
            if let Err(error) = looked {
                tracing::debug!(%error, "gauges: database not available");
            }
            pause(LOOK, &stop).await;
        }
    });
}

async fn look(pool: &PgPool, entities: &dyn Entities, gauges: &Gauges) -> Result<(), Error> {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    gauges.idle.set(idle);
    gauges.used.set(pool.size().saturating_sub(idle));
    gauges.most.set(pool.options().get_max_connections());
    let (oldest, parked): (Option<f64>, i64) = sqlx::query_as(
        "-- gauges.look\nSELECT (SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox WHERE parked_at IS NULL ORDER BY id LIMIT 1),
            (SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL)",
    )
    .fetch_one(pool)
    .await?;
    gauges.oldest.set(oldest.unwrap_or_default().max(0.0));
    gauges.parked.set(parked as f64);
    entities.measure().await
}
