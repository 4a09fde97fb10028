//! How much waits to be told to Temporal, for people who look.

use crate::error::Error;
use contracts::common::Backlog;
use sqlx::postgres::PgPool;
use std::time::Duration;

/// Reads the figures of a service's outbox. They are the whole service's, whichever of its processes asks.
///
/// # Errors
/// The database's.
pub async fn backlog(pool: &PgPool) -> Result<Backlog, Error> {
    let (waiting, parked, oldest): (i64, i64, Option<f64>) = sqlx::query_as(
        "-- backlog.backlog\nSELECT count(*) FILTER (WHERE parked_at IS NULL), count(parked_at),
            extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE parked_at IS NULL))::float8 FROM outbox",
    )
    .fetch_one(pool)
    .await?;
    // Of a row that is younger than the statement's view of the clock the age is none.
    let age = oldest.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let oldest = age.map(TryInto::try_into).transpose().map_err(Error::internal)?;
    Ok(Backlog { waiting, parked, oldest })
}
