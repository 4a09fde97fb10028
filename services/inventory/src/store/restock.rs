//! The undo of a commit: what a reservation took comes back.

use super::decide::lock;
use crate::domain::Status;
use crate::error::Error;
use contracts::ids::ReservationId;
use sqlx::PgConnection;

/// Puts the pieces of a committed reservation back where they were. Lines that came back before, also by hand, are
/// left alone.
///
/// # Errors
/// [`Error::ReservationNotFound`], [`Error::State`], [`Error::Again`] or the database's.
pub async fn restock(conn: &mut PgConnection, id: ReservationId, reason: &str, actor: &str) -> Result<(), Error> {
    let actual = lock(conn, id).await?.ok_or(Error::ReservationNotFound(id))?;
    if actual != Status::Committed {
        return Err(Error::State { id, actual });
    }
    // The stock rows first: whoever restocks one of these lines by hand holds its row while it looks.
    sqlx::query(
        "-- restock.restock\nSELECT 1 FROM stock s JOIN reservation_lines l ON l.product_id = s.product_id AND l.location = s.location
         WHERE l.reservation_id = $1 ORDER BY s.product_id, s.location FOR NO KEY UPDATE OF s",
    )
    .bind(id.uuid())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "-- restock.restock\nWITH m AS (
            INSERT INTO movements (product_id, location, type, quantity, reservation_id, reason, actor)
            SELECT product_id, location, 'RESTOCK', quantity, $1, $2, $3 FROM reservation_lines l
            WHERE reservation_id = $1 AND state = 'COMMITTED' AND NOT EXISTS (
                SELECT 1 FROM movements b WHERE b.reservation_id = $1 AND b.type = 'RESTOCK'
                AND b.product_id = l.product_id AND b.location = l.location)
            RETURNING product_id, location, quantity)
         UPDATE stock s SET on_hand = s.on_hand + m.quantity FROM m
         WHERE s.product_id = m.product_id AND s.location = m.location",
    )
    .bind(id.uuid())
    .bind(reason)
    .bind(actor)
    .execute(conn)
    .await?;
    Ok(())
}
