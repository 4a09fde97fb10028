//! How many reservations stand where, and how many products are low on stock.

use super::row::read;
use crate::domain::Status;
use crate::domain::stock::LOW;
use contracts::common::Backlog;
use service::Error;
use service::outbox::backlog;
use sqlx::PgPool;
use std::time::Duration;
use strum::VariantArray as _;
use time::OffsetDateTime;

/// The figures of this moment.
#[derive(Clone, Debug)]
pub struct Figures {
    /// When they were taken.
    pub at: OffsetDateTime,
    /// Reservations by status, in the order of the statuses; those without any are left out.
    pub counts: Vec<(Status, i64)>,
    /// Products in all.
    pub products: i64,
    /// Of these, with few available pieces.
    pub low_stock: i64,
    /// What waits for Temporal.
    pub backlog: Backlog,
}

impl Figures {
    /// How long they are good for.
    pub const REMEMBERED: Duration = Duration::from_secs(2);
}

/// Takes the figures.
///
/// # Errors
/// The database's.
pub async fn statistics(pool: &PgPool) -> Result<Figures, Error> {
    let at = OffsetDateTime::now_utc();
    let (products, low_stock) = sqlx::query_as(
        "-- statistics.products\nSELECT count(*), count(*) FILTER (WHERE coalesce(s.available, 0) < $1)
         FROM products p LEFT JOIN (SELECT product_id, sum(on_hand - held_back - reserved) AS available
            FROM stock GROUP BY product_id) s ON s.product_id = p.id",
    )
    .bind(LOW)
    .fetch_one(pool)
    .await?;
    Ok(Figures { at, counts: counts(pool).await?, products, low_stock, backlog: backlog(pool).await? })
}

async fn counts(pool: &PgPool) -> Result<Vec<(Status, i64)>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "-- statistics.counts\nSELECT s.status, n.reservations FROM unnest($1::text[]) WITH ORDINALITY AS s (status, place),
            LATERAL (SELECT count(*) AS reservations FROM reservations r WHERE r.status = s.status) n
         WHERE n.reservations > 0 ORDER BY s.place",
    )
    .bind(Status::VARIANTS.iter().map(<&str>::from).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    rows.iter().map(|(status, reservations)| Ok((read("status", status)?, *reservations))).collect()
}
