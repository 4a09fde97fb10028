//! Commit, cancel, expire, settle: what ends a reservation.

use super::SYSTEM;
use super::effects::{Effects, Notice};
use crate::domain::{Command, LineState, Status};
use crate::error::Error;
use contracts::ids::ReservationId;
use service::db;
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::{PgConnection, PgPool, Row as _};

/// A change of status that somebody asked for.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Which reservation.
    pub id: ReservationId,
    /// `Commit` or `Cancel`.
    pub command: Command,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub actor: &'a str,
}

/// Carries a decision out. `None`: it was carried out before.
///
/// # Errors
/// [`Error::ReservationNotFound`], [`Error::State`], [`Error::Again`] or the database's.
pub async fn decide(conn: &mut PgConnection, decision: Decision<'_>) -> Result<Option<Effects>, Error> {
    let Decision { id, command, .. } = decision;
    let status = lock(conn, id).await?.ok_or(Error::ReservationNotFound(id))?;
    let Some(target) = status.transition(command) else {
        let repeated = command.leads_to(status);
        return if repeated { Ok(None) } else { Err(Error::State { id, actual: status }) };
    };
    if status == Status::Pending {
        return abandon(conn, decision, target).await.map(Some);
    }
    let (sequence, row) = finish(conn, decision, target, true).await?;
    let hint = row.map(|row| Hint::new(row, id.to_string(), false));
    Ok(Some(Effects { changed: Some((id, sequence)), status: Some(target), hint, notices: Vec::new() }))
}

/// Gives the pieces of an overdue reservation back. `None`: it is not
/// reserved any more, or not overdue.
///
/// # Errors
/// [`Error::Again`] or the database's.
pub async fn expire(pool: &PgPool, id: ReservationId) -> Result<Option<Effects>, Error> {
    let mut tx = db::begin(pool).await?;
    let Some(status) = lock(&mut tx, id).await? else { return Ok(None) };
    let Some(target) = status.transition(Command::Expire) else { return Ok(None) };
    let due: bool =
        sqlx::query_scalar("-- decide.expire\nSELECT expires_at <= clock_timestamp() FROM reservations WHERE id = $1")
            .bind(id.uuid())
            .fetch_one(&mut *tx)
            .await?;
    if !due {
        return Ok(None);
    }
    let decision = Decision { id, command: Command::Expire, reason: "not committed in time", actor: SYSTEM };
    let (sequence, _) = finish(&mut tx, decision, target, false).await?;
    sqlx::query(
        "-- decide.expire\nINSERT INTO notifications (kind, reservation_id) VALUES ('RESERVATION_EXPIRED', $1)",
    )
    .bind(id.uuid())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let notice =
        Notice { kind: "RESERVATION_EXPIRED", subject: id.to_string(), detail: "its stock was given back".to_owned() };
    Ok(Some(Effects { changed: Some((id, sequence)), status: Some(target), hint: None, notices: vec![notice] }))
}

/// Locks the reservation's row.
pub(super) async fn lock(conn: &mut PgConnection, id: ReservationId) -> Result<Option<Status>, Error> {
    let status: Option<String> =
        sqlx::query_scalar("-- decide.lock\nSELECT status FROM reservations WHERE id = $1 FOR NO KEY UPDATE")
            .bind(id.uuid())
            .fetch_optional(conn)
            .await?;
    Ok(status.map(|status| super::row::read("status", &status)).transpose()?)
}

/// Cancels while the saga is at work: the workflow gives back what it holds.
async fn abandon(conn: &mut PgConnection, decision: Decision<'_>, target: Status) -> Result<Effects, Error> {
    let Decision { id, command, reason, actor } = decision;
    let row = sqlx::query(
        "-- decide.abandon\nWITH r AS (
            UPDATE reservations SET status = $2, reason = $3, seq = seq + 1, updated_at = clock_timestamp(),
                unwinding = EXISTS (SELECT 1 FROM reservation_journal j
                    WHERE j.reservation_id = $1 AND j.state IN ('STARTED', 'DONE'))
            WHERE id = $1 AND status = ANY($4) RETURNING seq, updated_at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, reason, actor, at)
            SELECT $1, seq, 'STATUS_CHANGED', $2, $3, $5, updated_at FROM r),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) SELECT $6, false, $7 FROM r RETURNING id)
         SELECT r.seq, w.id FROM r, w",
    )
    .bind(id.uuid())
    .bind(<&str>::from(target))
    .bind(reason)
    .bind(command.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(actor)
    .bind(id.to_string())
    .bind(traceparent())
    .fetch_one(conn)
    .await?;
    let hint = Hint::new(row.try_get("id")?, id.to_string(), false);
    let changed = Some((id, row.try_get("seq")?));
    Ok(Effects { changed, status: Some(target), hint: Some(hint), notices: Vec::new() })
}

/// From `RESERVED` to its end: every held line, its stock, its movements, the saga's
/// journal, events and outbox row. Nothing is left to do then, so it is settled at once;
/// its workflow is woken only to end. Returns the sequence number and the outbox row.
async fn finish(
    conn: &mut PgConnection,
    decision: Decision<'_>,
    target: Status,
    wake: bool,
) -> Result<(i64, Option<i64>), Error> {
    let Decision { id, command, reason, actor } = decision;
    let state = if target == Status::Committed { LineState::Committed } else { LineState::Released };
    sqlx::query(
        "-- decide.finish\nSELECT 1 FROM stock s JOIN reservation_lines l ON l.product_id = s.product_id AND l.location = s.location
         WHERE l.reservation_id = $1 AND l.state = 'HELD'
         ORDER BY s.product_id, s.location FOR NO KEY UPDATE OF s",
    )
    .bind(id.uuid())
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query(
        "-- decide.finish\nWITH t AS MATERIALIZED (SELECT clock_timestamp() AS at),
         l AS (
            UPDATE reservation_lines SET state = $2 WHERE reservation_id = $1 AND state = 'HELD'
            RETURNING product_id, location, quantity),
         s AS (
            UPDATE stock s SET reserved = s.reserved - l.quantity,
                on_hand = s.on_hand - CASE WHEN $2 = 'COMMITTED' THEN l.quantity ELSE 0 END
            FROM l WHERE s.product_id = l.product_id AND s.location = l.location),
         m AS (
            INSERT INTO movements (product_id, location, type, quantity, reservation_id, reason, actor)
            SELECT product_id, location, 'COMMIT', -quantity, $1, $4, $5 FROM l WHERE $2 = 'COMMITTED'),
         j AS (
            UPDATE reservation_journal SET state = 'UNDONE', updated_at = at FROM t
            WHERE reservation_id = $1 AND state = 'DONE' AND $2 = 'RELEASED'),
         h AS (
            UPDATE holds SET released_at = at FROM t
            WHERE reservation_id = $1 AND released_at IS NULL AND $2 = 'RELEASED'),
         r AS (
            UPDATE reservations SET status = $3, reason = $4, seq = seq + 2, settled_at = at, updated_at = at FROM t
            WHERE id = $1 AND status = ANY($6) RETURNING seq, at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, reason, actor, at)
            SELECT $1, seq - 1, 'STATUS_CHANGED', $3, $4, $5, at FROM r
            UNION ALL SELECT $1, seq, 'SETTLED', $3, '', $9, at FROM r),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) SELECT $7, false, $10 FROM r WHERE $8 RETURNING id)
         SELECT seq, (SELECT id FROM w) AS outbox_row FROM r",
    )
    .bind(id.uuid())
    .bind(<&str>::from(state))
    .bind(<&str>::from(target))
    .bind(reason)
    .bind(actor)
    .bind(command.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(id.to_string())
    .bind(wake)
    .bind(SYSTEM)
    .bind(traceparent())
    .fetch_one(conn)
    .await?;
    Ok((row.try_get("seq")?, row.try_get("outbox_row")?))
}

/// Records that the workflow has nothing left to do, once nothing is held any more.
/// `None`: there is, or it was recorded before.
///
/// # Errors
/// The database's.
pub async fn settle(conn: &mut PgConnection, id: ReservationId) -> Result<Option<i64>, Error> {
    let settled = sqlx::query_scalar(
        "-- decide.settle\nWITH r AS (
            UPDATE reservations SET seq = seq + 1, settled_at = clock_timestamp(), unwinding = false,
                updated_at = clock_timestamp()
            WHERE id = $1 AND settled_at IS NULL AND status IN ('COMMITTED', 'CANCELLED', 'EXPIRED', 'REJECTED')
            AND NOT EXISTS (SELECT 1 FROM reservation_lines l WHERE l.reservation_id = $1 AND l.state = 'HELD')
            AND (status = 'COMMITTED' OR NOT EXISTS (SELECT 1 FROM reservation_journal j
                WHERE j.reservation_id = $1 AND j.state IN ('STARTED', 'DONE')))
            RETURNING seq, status, updated_at),
         e AS (
            INSERT INTO reservation_events (reservation_id, seq, kind, status, actor, at)
            SELECT $1, seq, 'SETTLED', status, $2, updated_at FROM r)
         SELECT seq FROM r",
    )
    .bind(id.uuid())
    .bind(SYSTEM)
    .fetch_optional(conn)
    .await?;
    Ok(settled)
}
