//! What the refund workflow does to its row and to the payment. As for charges, a
//! change goes through only while the row is where the step saw it. The sequence
//! numbers returned are the payment's.

use super::SYSTEM;
use super::row::{StoredAttempts, age, attempt_columns, money, read};
use crate::domain::refund::after_payback;
use crate::domain::{Attempts, Method, PaymentStatus, RefundCommand, RefundStatus};
use contracts::Money;
use contracts::ids::{PaymentId, RefundId};
use service::Error;
use service::db;
use sqlx::{FromRow as _, PgConnection, PgPool, Row as _};
use std::time::Duration;
use uuid::Uuid;

/// A refund as its workflow sees it.
#[derive(Debug)]
pub struct PaybackTask {
    /// Its id.
    pub id: RefundId,
    /// The payment it gives back.
    pub payment: PaymentId,
    /// Where it stands.
    pub status: RefundStatus,
    /// What was asked of the provider so far.
    pub attempts: Attempts,
    /// How long ago the attempt in flight began.
    pub age: Duration,
    /// How much.
    pub amount: Money,
    /// How it was charged.
    pub method: Method,
    /// The provider's id of the charge.
    pub charge: String,
}

/// Reads what is needed to pay back.
///
/// # Errors
/// The database's.
pub async fn payback_task(pool: &PgPool, id: RefundId) -> Result<Option<PaybackTask>, Error> {
    let row = sqlx::query(concat!(
        "-- payback.payback_task\nSELECT payment_id, status, currency, amount_minor, method, charge, ",
        attempt_columns!(),
        " FROM refunds, LATERAL (
            SELECT method, coalesce(provider_reference, '') AS charge FROM payments WHERE payments.id = payment_id) p
          WHERE id = $1"
    ))
    .bind(id.uuid())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(PaybackTask {
        id,
        payment: PaymentId::from(row.try_get::<Uuid, _>("payment_id")?),
        status: read("status", row.try_get("status")?)?,
        attempts: StoredAttempts::from_row(&row)?.into(),
        age: age(&row)?,
        amount: money(row.try_get("currency")?, row.try_get("amount_minor")?)?,
        method: read("method", row.try_get("method")?)?,
        charge: row.try_get("charge")?,
    }))
}

/// An attempt begins: from now on the provider may have paid back.
///
/// # Errors
/// The database's.
pub async fn begin(pool: &PgPool, id: RefundId, attempt: i32) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- payback.begin\nUPDATE refunds SET status = $3, attempts = $2, in_flight = true, repeats = 0, next_attempt_at = NULL, updated_at = now()
         WHERE id = $1 AND attempts = $2 - 1 AND NOT in_flight AND status = ANY($4)",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(<&str>::from(RefundStatus::Processing))
    .bind(sources(RefundCommand::Begin))
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The provider has paid back: the payment's status, the books and the notification.
///
/// # Errors
/// The database's.
pub async fn completed(pool: &PgPool, task: &PaybackTask, attempt: i32, reference: &str) -> Result<Option<i64>, Error> {
    let mut tx = db::begin(pool).await?;
    let (status, total) = lock(&mut tx, task.payment).await?;
    // Read after the lock was taken, so that every other refund is seen as it ended.
    let before: i64 = sqlx::query_scalar(
        "-- payback.completed\nSELECT coalesce(sum(amount_minor), 0)::bigint FROM refunds WHERE payment_id = $1 AND status = $2 AND id <> $3",
    )
    .bind(task.payment.uuid())
    .bind(<&str>::from(RefundStatus::Completed))
    .bind(task.id.uuid())
    .fetch_one(&mut *tx)
    .await?;
    let after = after_payback(status, total, before.saturating_add(task.amount.minor())).unwrap_or(status);
    let sequence: Option<i64> = sqlx::query_scalar(
        "-- payback.completed\nWITH r AS (
            UPDATE refunds SET status = $3, provider_reference = $4, in_flight = false, repeats = 0, next_attempt_at = NULL,
                completed_at = now(), settled_at = now(), updated_at = now()
            WHERE id = $1 AND attempts = $2 AND in_flight AND status = ANY($5)
            RETURNING id, payment_id, currency, amount_minor),
         p AS (
            UPDATE payments SET status = $6, seq = seq + CASE WHEN $6 = $7 THEN 1 ELSE 2 END, updated_at = now()
            FROM r WHERE payments.id = r.payment_id RETURNING payments.id, seq, payments.seq - CASE WHEN $6 = $7 THEN 0 ELSE 1 END AS told),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor, refund_id)
            SELECT p.id, told, 'REFUND', $7, $8, $9, $1 FROM p
            UNION ALL SELECT p.id, seq, 'STATUS_CHANGED', $6, '', $9, $1 FROM p WHERE seq > told),
         l AS (
            INSERT INTO ledger_entries (payment_id, refund_id, account, currency, amount_minor)
            SELECT payment_id, id, 'PROVIDER_CLEARING', currency, -amount_minor FROM r
            UNION ALL SELECT payment_id, id, 'SALES', currency, amount_minor FROM r),
         n AS (INSERT INTO notifications (payment_id, seq, kind) SELECT p.id, told, 'REFUND_COMPLETED' FROM p)
         SELECT seq FROM p",
    )
    .bind(task.id.uuid())
    .bind(attempt)
    .bind(<&str>::from(RefundStatus::Completed))
    .bind(reference)
    .bind(sources(RefundCommand::Complete))
    .bind(<&str>::from(after))
    .bind(<&str>::from(status))
    .bind(format!("refund {} of {} completed", task.id, task.amount))
    .bind(SYSTEM)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    if sequence.is_some() {
        webhooks::notified("REFUND_COMPLETED");
        tracing::info!(payment_id = %task.payment, refund_id = %task.id, "notification: refund COMPLETED");
    }
    Ok(sequence)
}

/// The provider will not pay back: the amount can be refunded again.
///
/// # Errors
/// The database's.
pub async fn failed(pool: &PgPool, task: &PaybackTask, attempt: i32, reason: &str) -> Result<Option<i64>, Error> {
    let mut tx = db::begin(pool).await?;
    lock(&mut tx, task.payment).await?;
    let sequence: Option<i64> = sqlx::query_scalar(
        "-- payback.failed\nWITH r AS (
            UPDATE refunds SET status = $3, reason = $4, in_flight = false, repeats = 0, next_attempt_at = NULL,
                settled_at = now(), updated_at = now()
            WHERE id = $1 AND attempts = $2 AND in_flight AND status = ANY($5) RETURNING payment_id, amount_minor),
         p AS (
            UPDATE payments SET refunded_minor = refunded_minor - r.amount_minor, seq = seq + 1, updated_at = now()
            FROM r WHERE payments.id = r.payment_id RETURNING payments.id, seq, status),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor, refund_id)
            SELECT id, seq, 'REFUND', status, $6, $7, $1 FROM p),
         n AS (INSERT INTO notifications (payment_id, seq, kind) SELECT id, seq, 'REFUND_FAILED' FROM p)
         SELECT seq FROM p",
    )
    .bind(task.id.uuid())
    .bind(attempt)
    .bind(<&str>::from(RefundStatus::Failed))
    .bind(reason)
    .bind(sources(RefundCommand::Fail))
    .bind(format!("refund {} of {} failed: {reason}", task.id, task.amount))
    .bind(SYSTEM)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    if sequence.is_some() {
        webhooks::notified("REFUND_FAILED");
        tracing::info!(payment_id = %task.payment, refund_id = %task.id, reason, "notification: refund FAILED");
    }
    Ok(sequence)
}

async fn lock(conn: &mut PgConnection, payment: PaymentId) -> Result<(PaymentStatus, i64), Error> {
    let (status, total): (String, i64) =
        sqlx::query_as("-- payback.lock\nSELECT status, amount_minor FROM payments WHERE id = $1 FOR UPDATE")
            .bind(payment.uuid())
            .fetch_one(conn)
            .await?;
    Ok((read("status", &status)?, total))
}

/// The attempt ended without effect; the next one begins after the pause.
///
/// # Errors
/// The database's.
pub async fn retry(pool: &PgPool, id: RefundId, attempt: i32, pause: Duration) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- payback.retry\nUPDATE refunds SET in_flight = false, repeats = 0, next_attempt_at = now() + make_interval(secs => $3), updated_at = now()
         WHERE id = $1 AND attempts = $2 AND in_flight",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(pause.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The outcome stayed unknown.
///
/// # Errors
/// The database's.
pub async fn repeat(pool: &PgPool, id: RefundId, attempt: i32, repeats: i32, pause: Duration) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- payback.repeat\nUPDATE refunds SET repeats = $3 + 1, next_attempt_at = now() + make_interval(secs => $4)
         WHERE id = $1 AND attempts = $2 AND in_flight AND repeats = $3",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(repeats)
    .bind(pause.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn sources(command: RefundCommand) -> Vec<&'static str> {
    command.sources().map(<&str>::from).collect()
}
