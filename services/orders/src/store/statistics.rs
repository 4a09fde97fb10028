//! How many orders stand where, what came and went in a window of time, and how long decisions took.

use super::row::read;
use crate::domain::Status;
use contracts::common::Backlog;
use contracts::ids::smallest_at;
use service::Error;
use service::outbox::backlog;
use service::statistics::{Steps, Window};
use sqlx::PgPool;
use std::time::Duration;
use strum::VariantArray as _;
use time::OffsetDateTime;
use uuid::Uuid;

/// The figures of a window.
#[derive(Clone, Debug)]
pub struct Figures {
    /// When they were taken.
    pub at: OffsetDateTime,
    /// Orders by status; those without any are left out.
    pub counts: Vec<(Status, i64)>,
    /// The oldest first.
    pub steps: Vec<Step>,
    /// Half of those approved in the window had waited for less.
    pub approval_median: Option<Duration>,
    /// 95 of 100 had.
    pub approval_p95: Option<Duration>,
    /// What waits for Temporal.
    pub backlog: Backlog,
}

/// What happened in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its beginning.
    pub start: OffsetDateTime,
    /// Orders that were made.
    pub created: i64,
    /// That were approved.
    pub approved: i64,
    /// That were delivered.
    pub delivered: i64,
    /// That ended before.
    pub stopped: i64,
    /// Half of those approved had waited for less.
    pub approval_median: Option<Duration>,
}

/// Takes the figures of a window that ends now.
///
/// # Errors
/// The database's.
pub async fn statistics(pool: &PgPool, window: Window) -> Result<Figures, Error> {
    let at = OffsetDateTime::now_utc();
    let steps = window.steps(at);
    let counts = counts(pool).await?;
    let created = created(pool, steps).await?;
    let told = told(pool, steps).await?;
    let step = |(start, (n, created)): (OffsetDateTime, (i32, i64))| {
        let told = told.iter().find(|told| told.step == Some(n));
        let count = |of: fn(&Told) -> i64| told.map(of).unwrap_or_default();
        Step {
            start,
            created,
            approved: count(|told| told.approved),
            delivered: count(|told| told.delivered),
            stopped: count(|told| told.stopped),
            approval_median: told.and_then(|told| told.waited(0)),
        }
    };
    let whole = told.iter().find(|told| told.step.is_none());
    Ok(Figures {
        at,
        counts,
        steps: steps.starts().zip((0..).zip(created)).map(step).collect(),
        approval_median: whole.and_then(|whole| whole.waited(0)),
        approval_p95: whole.and_then(|whole| whole.waited(1)),
        backlog: backlog(pool).await?,
    })
}

async fn counts(pool: &PgPool) -> Result<Vec<(Status, i64)>, Error> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("-- statistics.counts\nSELECT status, count(*) FROM orders GROUP BY status")
            .fetch_all(pool)
            .await?;
    rows.iter().map(|(status, orders)| Ok((read("status", status)?, *orders))).collect()
}

/// Orders made in each step, by their ids, which are in the order of time.
async fn created(pool: &PgPool, steps: Steps) -> Result<Vec<i64>, Error> {
    let starts: Vec<Uuid> = steps.starts().map(smallest_at).collect();
    let ends: Vec<Uuid> = steps.starts().map(|start| smallest_at(start + steps.length)).collect();
    Ok(sqlx::query_scalar(
        "-- statistics.created\nSELECT (SELECT count(*) FROM orders WHERE id >= s.start AND id < s.over)
         FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS s (start, over, n) ORDER BY n",
    )
    .bind(starts)
    .bind(ends)
    .fetch_all(pool)
    .await?)
}

/// What notifications tell of a step. `None`: of all of them.
#[derive(sqlx::FromRow)]
struct Told {
    step: Option<i32>,
    approved: i64,
    delivered: i64,
    stopped: i64,
    /// Of the approved, in seconds: what half of them had waited, and 95 of 100.
    waited: Option<Vec<f64>>,
}

impl Told {
    fn waited(&self, which: usize) -> Option<Duration> {
        let seconds = *self.waited.as_ref()?.get(which)?;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}

async fn told(pool: &PgPool, steps: Steps) -> Result<Vec<Told>, Error> {
    let counted = Status::VARIANTS.iter().filter(|status| status.is_final() || **status == Status::Approved);
    let kinds = counted.map(|status| format!("ORDER_{status}"));
    Ok(sqlx::query_as(
        "-- statistics.told\nWITH told AS (
            SELECT kind, floor(extract(epoch FROM created_at - $1) / $3)::integer AS step,
                CASE WHEN kind = 'ORDER_APPROVED' THEN extract(epoch FROM created_at - (
                    SELECT o.created_at FROM orders o WHERE o.id = order_id))::float8 END AS waited
            FROM notifications WHERE created_at >= $1 AND created_at < $2 AND kind = ANY($4))
         SELECT step, count(*) FILTER (WHERE kind = 'ORDER_APPROVED') AS approved,
            count(*) FILTER (WHERE kind = 'ORDER_DELIVERED') AS delivered,
            count(*) FILTER (WHERE kind NOT IN ('ORDER_APPROVED', 'ORDER_DELIVERED')) AS stopped,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY waited) AS waited
         FROM told GROUP BY GROUPING SETS ((step), ())",
    )
    .bind(steps.begin)
    .bind(steps.begin + steps.length * steps.count)
    .bind(steps.length.whole_seconds())
    .bind(kinds.collect::<Vec<_>>())
    .fetch_all(pool)
    .await?)
}
