//! What the fulfilment does to its order and to its journal. Each change is one statement and goes through only
//! while the order is where the step saw it; `None` means that it is not.

use super::SYSTEM;
use super::notifications::count;
use crate::domain::{Command, Due, Entry, EventKind, JournalState, Order, Status, StepName};
use contracts::ids::OrderId;
use service::Error;
use sqlx::PgPool;
use std::collections::HashMap;
use std::time::Duration;

/// An undo that has been tried for longer is told.
const DELAYED_AFTER_S: f64 = 60.0;

/// Writes an attempt down before it is made. `false`: the order has moved on.
///
/// # Errors
/// The database's.
pub async fn begin(pool: &PgPool, order: &Order, due: Due) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- journal.begin\nINSERT INTO order_journal (order_id, step, attempt, state)
         SELECT id, $3, $4, 'STARTED' FROM (SELECT id FROM orders WHERE id = $1 AND status = $2 FOR NO KEY UPDATE) o
         ON CONFLICT (order_id, step, attempt) DO NOTHING",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(<&str>::from(due.step))
    .bind(due.attempt)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes what an attempt made while its outcome is still open.
///
/// # Errors
/// The database's.
pub async fn made(pool: &PgPool, order: &Order, entry: &Entry, external: &str) -> Result<(), Error> {
    sqlx::query(
        "-- journal.made\nWITH j AS (
            UPDATE order_journal SET external_id = $4 WHERE order_id = $1 AND step = $2 AND attempt = $3)
         UPDATE orders SET payment_id = CASE WHEN $2 = 'charge' THEN $4 ELSE payment_id END,
            reservation_id = CASE WHEN $2 = 'reserve' THEN $4 ELSE reservation_id END
         WHERE id = $1",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(external)
    .execute(pool)
    .await?;
    Ok(())
}

/// An attempt took effect, and the order moves on to `target`, if it does. The step that follows, if any, is begun in the
/// same transaction; after the last one the order is settled.
///
/// # Errors
/// The database's.
pub async fn done(
    pool: &PgPool,
    order: &Order,
    entry: &Entry,
    external: &str,
    target: Option<Status>,
    follows: Option<Due>,
) -> Result<Option<i64>, Error> {
    let mut events = match target {
        Some(target) => vec![(EventKind::StatusChanged, target)],
        None => vec![(EventKind::HoldRenewed, order.status)],
    };
    let settle = target.is_some_and(Status::rests);
    if let Some(target) = target.filter(|_| settle) {
        events.push((EventKind::Settled, target));
    }
    let sequence = sqlx::query_scalar(
        "-- journal.done\nWITH o AS (
            UPDATE orders SET status = $3, reason = '', seq = seq + cardinality($4::text[]), updated_at = now(),
                reservation_id = CASE WHEN $6 = 'reserve' THEN $8 ELSE reservation_id END,
                payment_id = CASE WHEN $6 = 'charge' THEN $8 ELSE payment_id END,
                payment_token = CASE WHEN $6 = 'charge' THEN NULL ELSE payment_token END,
                settled_at = CASE WHEN $9 THEN now() END
            WHERE id = $1 AND status = $2 AND seq = $10 RETURNING id, seq),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, actor)
            SELECT id, $10 + n, kind, status, $11
            FROM o, unnest($4::text[], $5::text[]) WITH ORDINALITY AS t (kind, status, n)),
         j AS (
            UPDATE order_journal SET state = 'DONE', external_id = $8 FROM o
            WHERE order_id = o.id AND step = $6 AND attempt = $7),
         f AS (
            INSERT INTO order_journal (order_id, step, attempt, state)
            SELECT id, $12, $13, 'STARTED' FROM o WHERE $12 IS NOT NULL
            ON CONFLICT (order_id, step, attempt) DO NOTHING),
         m AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, $10 + 1, 'ORDER_' || $3 FROM o WHERE $2 <> $3)
         SELECT seq FROM o",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(<&str>::from(target.unwrap_or(order.status)))
    .bind(events.iter().map(|e| <&str>::from(e.0)).collect::<Vec<_>>())
    .bind(events.iter().map(|e| <&str>::from(e.1)).collect::<Vec<_>>())
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(external)
    .bind(settle)
    .bind(order.sequence)
    .bind(SYSTEM)
    .bind(follows.map(|due| <&str>::from(due.step)))
    .bind(follows.map(|due| due.attempt))
    .fetch_optional(pool)
    .await?;
    if let (Some(_), Some(status)) = (sequence, target) {
        count(status);
        tracing::info!(order_id = %order.id, %status, "notification: order {status}");
    }
    Ok(sequence)
}

/// An attempt was refused for good: the order is cancelled, and what was done before is to be undone.
///
/// # Errors
/// The database's.
pub async fn refused(pool: &PgPool, order: &Order, entry: &Entry, reason: &str) -> Result<Option<i64>, Error> {
    let Some(target) = order.status.transition(Command::Abort) else { return Ok(None) };
    let sequence = sqlx::query_scalar(
        "-- journal.refused\nWITH o AS (
            UPDATE orders SET status = $3, reason = $4, seq = seq + 1, updated_at = now(), payment_token = NULL,
                unwinding = EXISTS (SELECT 1 FROM order_journal j WHERE j.order_id = orders.id
                    AND (j.step, j.attempt) <> ($5, $6) AND j.state IN ('STARTED', 'DONE'))
            WHERE id = $1 AND status = $2 AND seq = $7 RETURNING id, seq, status, reason),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'STATUS_CHANGED', status, reason, $8 FROM o),
         j AS (
            UPDATE order_journal SET state = 'REFUSED' FROM o WHERE order_id = o.id AND step = $5 AND attempt = $6),
         m AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, seq, 'ORDER_' || status FROM o)
         SELECT seq FROM o",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(<&str>::from(target))
    .bind(reason)
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(order.sequence)
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    if sequence.is_some() {
        count(target);
        tracing::info!(order_id = %order.id, status = %target, reason, "notification: order {target}");
    }
    Ok(sequence)
}

/// What an earlier step made is gone: that step is due again under its next key, and then this one.
///
/// # Errors
/// The database's.
pub async fn lost(
    pool: &PgPool,
    order: &Order,
    entry: &Entry,
    gone: &Entry,
    reason: &str,
) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- journal.lost\nWITH o AS (
            UPDATE orders SET seq = seq + 1, updated_at = now() WHERE id = $1 AND status = $2 AND seq = $3
            RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'HOLD_LOST', status, $8, $9 FROM o),
         j AS (
            UPDATE order_journal SET state = CASE WHEN step = $4 AND attempt = $5 THEN 'REFUSED' ELSE 'LOST' END
            FROM o WHERE order_id = o.id AND (step, attempt) IN (($4, $5), ($6, $7)))
         SELECT seq FROM o",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(order.sequence)
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(<&str>::from(gone.step))
    .bind(gone.attempt)
    .bind(reason)
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

/// An attempt is undone; with the last one the order is no longer unwinding.
///
/// # Errors
/// The database's.
pub async fn undone(pool: &PgPool, id: OrderId, entry: &Entry, words: &str) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- journal.undone\nWITH o AS (
            UPDATE orders SET seq = seq + 1, updated_at = now(),
                unwinding = EXISTS (SELECT 1 FROM order_journal j WHERE j.order_id = orders.id
                    AND (j.step, j.attempt) <> ($2, $3) AND j.state IN ('STARTED', 'DONE'))
            WHERE id = $1 AND unwinding AND EXISTS (SELECT 1 FROM order_journal j WHERE j.order_id = orders.id
                AND j.step = $2 AND j.attempt = $3 AND j.state IN ('STARTED', 'DONE'))
            RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'STEP_UNDONE', status, $4, $5 FROM o),
         j AS (
            UPDATE order_journal SET state = 'UNDONE' FROM o WHERE order_id = o.id AND step = $2 AND attempt = $3)
         SELECT seq FROM o",
    )
    .bind(id.uuid())
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(words)
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

/// An undo has to be tried again; `next`: under its next key. The first time that it has been tried for over a
/// minute is an event, whose number is returned.
///
/// # Errors
/// The database's.
pub async fn undo_again(
    pool: &PgPool,
    id: OrderId,
    entry: &Entry,
    next: bool,
    why: &str,
) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- journal.undo_again\nWITH j AS (
            UPDATE order_journal SET undo_since = coalesce(undo_since, now()), undo = undo + CASE WHEN $4 THEN 1 ELSE 0 END,
                undo_told = undo_told OR coalesce(undo_since < now() - make_interval(secs => $5), false)
            FROM (SELECT undo_told AS told FROM order_journal WHERE order_id = $1 AND step = $2 AND attempt = $3) b
            WHERE order_id = $1 AND step = $2 AND attempt = $3 RETURNING undo_told AND NOT told AS tell),
         o AS (
            UPDATE orders SET seq = seq + 1, updated_at = now() FROM j WHERE tell AND id = $1 AND unwinding
            RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'UNDO_DELAYED', status, $6, $7 FROM o)
         SELECT seq FROM o",
    )
    .bind(id.uuid())
    .bind(<&str>::from(entry.step))
    .bind(entry.attempt)
    .bind(next)
    .bind(DELAYED_AFTER_S)
    .bind(format!("{}: {why}", entry.step))
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

/// How many undos of each step are under way of which a delay was told.
///
/// # Errors
/// The database's.
pub async fn delayed(pool: &PgPool) -> Result<HashMap<StepName, i64>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "-- journal.delayed\nSELECT step, count(*) FROM order_journal WHERE undo_told AND state IN ('STARTED', 'DONE') GROUP BY step",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(|(step, undos)| Ok((super::row::read("step", step)?, *undos))).collect()
}

/// One row as the look returns it.
#[derive(serde::Deserialize)]
pub(super) struct StoredEntry {
    step: String,
    attempt: i32,
    state: String,
    external_id: Option<String>,
    undo: i32,
    age_ms: i64,
    undoing_ms: i64,
}

impl TryFrom<StoredEntry> for Entry {
    type Error = Error;

    fn try_from(row: StoredEntry) -> Result<Self, Error> {
        Ok(Self {
            step: super::row::read::<StepName>("step", &row.step)?,
            attempt: row.attempt,
            state: super::row::read::<JournalState>("state", &row.state)?,
            external: row.external_id,
            undo: row.undo,
            age: millis(row.age_ms),
            undoing: millis(row.undoing_ms),
        })
    }
}

fn millis(n: i64) -> Duration {
    Duration::from_millis(u64::try_from(n).unwrap_or_default())
}
