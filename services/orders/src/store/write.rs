//! Changes, each one statement.

use super::SYSTEM;
use super::notifications::count;
use super::row::{StoredOrder, order_columns};
use crate::domain::{Command, Order, Status};
use contracts::ids::OrderId;
use service::Error;
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use std::time::Duration;

/// A change of status that somebody asked for.
pub struct Change<'a> {
    /// Which order.
    pub id: OrderId,
    /// What.
    pub command: Command,
    /// Why, as it is stored.
    pub reason: &'a str,
    /// Who.
    pub actor: &'a str,
    /// Whether a workflow has to be woken; one that makes the change itself has not.
    pub wake: bool,
}

/// A change that happened.
pub struct Changed {
    /// The order after it.
    pub order: Order,
    /// The outbox row, unless no workflow is concerned.
    pub hint: Option<Hint>,
    /// The trace in which the order was made.
    pub made_in: Option<String>,
}

/// Waits for whatever is at work on the row, and keeps it from then on. A cancellation looks at the journal, and a
/// statement that has to wait for the row goes on with the journal as it was before: it has to be another.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut PgConnection, id: OrderId) -> Result<(), Error> {
    sqlx::query("-- write.lock\nSELECT 1 FROM orders WHERE id = $1 FOR NO KEY UPDATE")
        .bind(id.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Carries a command out if the order's status allows it. `None`: it does not, or
/// there is no such order.
///
/// # Errors
/// The database's.
pub async fn change(conn: &mut PgConnection, change: Change<'_>) -> Result<Option<Changed>, Error> {
    let Some(target) = change.command.target() else { return Ok(None) };
    let row = sqlx::query(concat!(
        "-- write.change\nWITH o AS (
            UPDATE orders SET status = $2, reason = $3, seq = seq + 1, updated_at = now(), unwinding = u.live,
                settled_at = CASE WHEN u.live THEN NULL ELSE settled_at END,
                payment_token = CASE WHEN $2 = 'APPROVED' THEN payment_token END
            FROM (SELECT EXISTS (SELECT 1 FROM order_journal WHERE order_id = $1 AND state IN ('STARTED', 'DONE')) AS live) u
            WHERE id = $1 AND status = ANY($4) RETURNING orders.*),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'STATUS_CHANGED', status, reason, $5 FROM o),
         n AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, seq, 'ORDER_' || status FROM o),
         w AS (
            INSERT INTO outbox (entity_id, start, traceparent) SELECT $6, false, $8 FROM o
            WHERE $7 AND settled_at IS NULL RETURNING id AS outbox_row)
         SELECT outbox_row, ",
        order_columns!(),
        " FROM o LEFT JOIN w ON true"
    ))
    .bind(change.id.uuid())
    .bind(<&str>::from(target))
    .bind(change.reason)
    .bind(change.command.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(change.actor)
    .bind(change.id.to_string())
    .bind(change.wake)
    .bind(traceparent())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let hint = row.try_get::<Option<i64>, _>("outbox_row")?.map(|id| Hint::new(id, change.id.to_string(), false));
    Changed::read(&row, hint).map(Some)
}

impl Changed {
    /// From the columns of the order.
    pub(super) fn read(row: &PgRow, hint: Option<Hint>) -> Result<Self, Error> {
        let order: Order = <StoredOrder as sqlx::FromRow<_>>::from_row(row)?.try_into()?;
        count(order.status);
        tracing::info!(order_id = %order.id, status = %order.status, "notification: order {}", order.status);
        Ok(Self { made_in: order.made_in.clone(), order, hint })
    }
}

/// The validator's result: `VALIDATION_PENDING`, if that was not recorded before, and
/// the status it led to. A status that ends the order also settles it. Returns the
/// last sequence number, or `None` when the order has moved on.
///
/// # Errors
/// The database's.
pub async fn validated(
    conn: &mut PgConnection,
    order: &Order,
    command: Command,
    reason: &str,
) -> Result<Option<i64>, Error> {
    let Some(target) = order.status.transition(command) else { return Ok(None) };
    let mut events = Vec::with_capacity(3);
    if order.status == Status::Created {
        events.push(("STATUS_CHANGED", Status::ValidationPending, ""));
    }
    events.push(("STATUS_CHANGED", target, reason));
    if target.is_final() {
        events.push(("SETTLED", target, ""));
    }
    let notified = order.sequence + i64::from(order.status == Status::Created) + 1;
    let sequence = sqlx::query_scalar(
        "-- write.validated\nWITH o AS (
            UPDATE orders SET status = $3, reason = $4, seq = seq + cardinality($5::text[]), updated_at = now(),
                validation_due_at = NULL, settled_at = CASE WHEN $8 THEN now() END,
                payment_token = CASE WHEN $8 THEN NULL ELSE payment_token END
            WHERE id = $1 AND status = $2 AND seq = $9 RETURNING id, seq),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, $9 + n, kind, status, reason, $10
            FROM o, unnest($5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS t (kind, status, reason, n)),
         m AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, $11, 'ORDER_' || $3 FROM o)
         SELECT seq FROM o",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(<&str>::from(target))
    .bind(reason)
    .bind(events.iter().map(|e| e.0).collect::<Vec<_>>())
    .bind(events.iter().map(|e| <&str>::from(e.1)).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.2).collect::<Vec<_>>())
    .bind(target.is_final())
    .bind(order.sequence)
    .bind(SYSTEM)
    .bind(notified)
    .fetch_optional(conn)
    .await?;
    if sequence.is_some() {
        count(target);
        tracing::info!(order_id = %order.id, status = %target, "notification: order {target}");
    }
    Ok(sequence)
}

/// The validator came to no result. `failed`: it counts as one of its attempts;
/// else a part of the system was away. Not before `pause` is over it is tried again.
///
/// # Errors
/// The database's.
pub async fn retry_validation(
    conn: &mut PgConnection,
    order: &Order,
    failed: bool,
    pause: Duration,
    reason: &str,
) -> Result<Option<i64>, Error> {
    let (kind, changed) =
        if order.status == Status::Created { ("STATUS_CHANGED", true) } else { ("VALIDATION_RETRIED", failed) };
    // Waiting for a part that is away may take hours: only the first wait is an event.
    let sequence = sqlx::query_scalar(
        "-- write.retry_validation\nWITH o AS (
            UPDATE orders SET status = 'VALIDATION_PENDING', seq = seq + CASE WHEN $4 THEN 1 ELSE 0 END,
                updated_at = now(), validation_failures = validation_failures + CASE WHEN $5 THEN 1 ELSE 0 END,
                validation_due_at = now() + make_interval(secs => $6)
            WHERE id = $1 AND status = $2 AND seq = $3 RETURNING id, seq),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, reason, actor)
            SELECT id, seq, $7, 'VALIDATION_PENDING', $8, $9 FROM o WHERE $4)
         SELECT seq FROM o",
    )
    .bind(order.id.uuid())
    .bind(<&str>::from(order.status))
    .bind(order.sequence)
    .bind(changed)
    .bind(failed)
    .bind(pause.as_secs_f64())
    .bind(kind)
    .bind(reason)
    .bind(SYSTEM)
    .fetch_optional(conn)
    .await?;
    Ok(sequence)
}

/// Nobody has decided in time: an event and a notification, once. `None`: told before, or decided.
///
/// # Errors
/// The database's.
pub async fn overdue(pool: &PgPool, id: OrderId) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- write.overdue\nWITH o AS (
            UPDATE orders SET seq = seq + 1 WHERE id = $1 AND status = 'PENDING_APPROVAL' AND NOT EXISTS (
                SELECT 1 FROM order_events WHERE order_id = $1 AND kind = 'APPROVAL_OVERDUE')
            RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, actor)
            SELECT id, seq, 'APPROVAL_OVERDUE', status, $2 FROM o),
         m AS (INSERT INTO notifications (order_id, seq, kind) SELECT id, seq, 'ORDER_APPROVAL_OVERDUE' FROM o)
         SELECT seq FROM o",
    )
    .bind(id.uuid())
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    if sequence.is_some() {
        webhooks::notified("ORDER_APPROVAL_OVERDUE");
        tracing::warn!(order_id = %id, "notification: nobody has decided on the order in time");
    }
    Ok(sequence)
}
