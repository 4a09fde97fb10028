//! How many rows have which status.

use crate::error::Error;
use ::metrics::gauge;
use sqlx::{AssertSqlSafe, PgPool};

/// So many of a status are counted at most: the count must not depend on how many are stored.
const MOST: i64 = 1_000;

/// Counts the rows of a table by these statuses, into a gauge.
///
/// # Errors
/// The database's.
pub async fn standing(
    pool: &PgPool,
    series: &'static str,
    table: &'static str,
    statuses: Vec<&'static str>,
) -> Result<(), Error> {
    let query = format!(
        "-- standing.standing\nSELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE status = s.status LIMIT $2) most)
         FROM unnest($1::text[]) AS s (status)"
    );
    let rows: Vec<(String, i64)> =
        sqlx::query_as(AssertSqlSafe(query)).bind(statuses).bind(MOST).fetch_all(pool).await?;
    for (status, count) in rows {
        gauge!(series, "status" => status).set(count as f64);
    }
    Ok(())
}
