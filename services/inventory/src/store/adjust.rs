//! Changes of stock that people book.

use super::effects::{Notice, note_low_stock};
use super::row::read;
use crate::domain::{Adjustment, Level, MovementType, Status};
use crate::error::Error;
use contracts::ids::ReservationId;
use sqlx::PgConnection;

/// Books the change. A restock that was booked before changes nothing.
///
/// # Errors
/// An unknown product, location or reservation, [`Error::Invariant`],
/// [`Error::RestockTooMuch`], [`Error::State`], [`Error::Again`] or the database's.
pub async fn adjust(conn: &mut PgConnection, change: &Adjustment, actor: &str) -> Result<(Level, Vec<Notice>), Error> {
    let level = stock_row(conn, change).await?;
    if let Some(id) = change.reservation
        && restocked(conn, change, id).await?
    {
        return Ok((level, Vec::new()));
    }
    let next = level.after(change.kind, change.quantity).map_err(|broken| Error::Invariant {
        product: change.product.clone(),
        location: change.location.clone(),
        broken,
    })?;
    sqlx::query(
        "-- adjust.adjust\nWITH s AS (UPDATE stock SET on_hand = $3, held_back = $4 WHERE product_id = $1 AND location = $2)
         INSERT INTO movements (product_id, location, type, quantity, reservation_id, reason, actor)
         VALUES ($1, $2, $5, $6, $7, $8, $9)",
    )
    .bind(change.product.as_str())
    .bind(change.location.as_str())
    .bind(next.on_hand)
    .bind(next.held_back)
    .bind(<&str>::from(change.kind))
    .bind(change.quantity)
    .bind(change.reservation.map(ReservationId::uuid))
    .bind(change.reason.as_str())
    .bind(actor)
    .execute(&mut *conn)
    .await?;
    let sinks = next.available() < level.available();
    let notices = if sinks { note_low_stock(conn, &[change.product.as_str()]).await? } else { Vec::new() };
    Ok((next, notices))
}

/// Locks the stock row; makes it first if there is none yet.
async fn stock_row(conn: &mut PgConnection, change: &Adjustment) -> Result<Level, Error> {
    if let Some(level) = lock(conn, change).await? {
        return Ok(level);
    }
    let known: bool = sqlx::query_scalar("-- adjust.stock_row\nSELECT EXISTS (SELECT 1 FROM products WHERE id = $1)")
        .bind(change.product.as_str())
        .fetch_one(&mut *conn)
        .await?;
    if !known {
        return Err(Error::product_unknown(&change.product));
    }
    if change.kind == MovementType::Receipt {
        sqlx::query("-- adjust.stock_row\nINSERT INTO locations (id) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(change.location.as_str())
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query(
        "-- adjust.stock_row\nINSERT INTO stock (product_id, location) SELECT $1, id FROM locations WHERE id = $2 ON CONFLICT DO NOTHING",
    )
    .bind(change.product.as_str())
    .bind(change.location.as_str())
    .execute(&mut *conn)
    .await?;
    lock(conn, change).await?.ok_or_else(|| Error::LocationUnknown(change.location.clone()))
}

async fn lock(conn: &mut PgConnection, change: &Adjustment) -> Result<Option<Level>, Error> {
    let row: Option<(i64, i64, i64)> = sqlx::query_as(
        "-- adjust.lock\nSELECT on_hand, held_back, reserved FROM stock WHERE product_id = $1 AND location = $2 FOR NO KEY UPDATE",
    )
    .bind(change.product.as_str())
    .bind(change.location.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(on_hand, held_back, reserved)| Level { on_hand, held_back, reserved }))
}

/// Whether these pieces came back before. The stock row is locked, so no other restock
/// of them runs.
async fn restocked(conn: &mut PgConnection, change: &Adjustment, id: ReservationId) -> Result<bool, Error> {
    let row: Option<(String, i64, bool)> = sqlx::query_as(
        "-- adjust.restocked\nSELECT r.status,
            coalesce((SELECT quantity FROM reservation_lines l WHERE l.reservation_id = r.id
                AND l.product_id = $2 AND l.location = $3 AND l.state = 'COMMITTED'), 0),
            EXISTS (SELECT 1 FROM movements m WHERE m.reservation_id = r.id
                AND m.type = 'RESTOCK' AND m.product_id = $2 AND m.location = $3)
         FROM reservations r WHERE r.id = $1",
    )
    .bind(id.uuid())
    .bind(change.product.as_str())
    .bind(change.location.as_str())
    .fetch_optional(conn)
    .await?;
    let (status, committed, before) = row.ok_or(Error::ReservationNotFound(id))?;
    let actual: Status = read("status", &status)?;
    match (actual, before) {
        (Status::Committed, true) => Ok(true),
        (Status::Committed, false) if change.quantity <= committed => Ok(false),
        (Status::Committed, false) => Err(Error::RestockTooMuch { id, committed }),
        _ => Err(Error::State { id, actual }),
    }
}
