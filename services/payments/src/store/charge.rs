//! What the payment workflow does to its row. Each change is one statement and goes
//! through only while the row is where the step saw it; `None` means that it is not.

use super::SYSTEM;
use super::row::{StoredAttempts, age, attempt_columns, money, read};
use crate::domain::{Attempts, Method, PaymentCommand, PaymentStatus, Token};
use contracts::Money;
use contracts::ids::PaymentId;
use service::Error;
use sqlx::{FromRow as _, PgPool, Row as _};
use std::time::Duration;

/// A payment as its workflow sees it.
#[derive(Debug)]
pub struct ChargeTask {
    /// Where it stands.
    pub status: PaymentStatus,
    /// Whether nothing is left to do.
    pub settled: bool,
    /// What was asked of the provider so far.
    pub attempts: Attempts,
    /// How long ago the attempt in flight began.
    pub age: Duration,
    /// What to charge.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// With what.
    pub token: Option<Token>,
}

/// Reads what is needed to charge.
///
/// # Errors
/// The database's.
pub async fn charge_task(pool: &PgPool, id: PaymentId) -> Result<Option<ChargeTask>, Error> {
    let row = sqlx::query(concat!(
        "-- charge.charge_task\nSELECT status, settled_at IS NOT NULL AS settled, currency, amount_minor, method, token, ",
        attempt_columns!(),
        " FROM payments WHERE id = $1"
    ))
    .bind(id.uuid())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ChargeTask {
        status: read("status", row.try_get("status")?)?,
        settled: row.try_get("settled")?,
        attempts: StoredAttempts::from_row(&row)?.into(),
        age: age(&row)?,
        amount: money(row.try_get("currency")?, row.try_get("amount_minor")?)?,
        method: read("method", row.try_get("method")?)?,
        token: row.try_get::<Option<String>, _>("token")?.map(Token),
    }))
}

/// An attempt begins: from now on the provider may have charged.
///
/// # Errors
/// The database's.
pub async fn begin(pool: &PgPool, id: PaymentId, attempt: i32) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- charge.begin\nWITH p AS (
            UPDATE payments SET status = $3, attempts = $2, in_flight = true, repeats = 0, next_attempt_at = NULL,
                seq = seq + CASE WHEN $2 = 1 THEN 2 ELSE 1 END, updated_at = now()
            WHERE id = $1 AND attempts = $2 - 1 AND NOT in_flight AND status = ANY($4) RETURNING id, seq, status),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, actor, attempt)
            SELECT id, seq - 1, 'STATUS_CHANGED', status, $5, 0 FROM p WHERE $2 = 1
            UNION ALL SELECT id, seq, 'ATTEMPT_STARTED', status, $5, $2 FROM p)
         SELECT seq FROM p",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(<&str>::from(PaymentStatus::Processing))
    .bind(sources(PaymentCommand::Begin))
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

/// The provider has charged: the books, the notification and the end of the workflow.
///
/// # Errors
/// The database's.
pub async fn completed(pool: &PgPool, id: PaymentId, attempt: i32, reference: &str) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- charge.completed\nWITH p AS (
            UPDATE payments SET status = $3, reason = '', provider_reference = $4, token = NULL, in_flight = false,
                repeats = 0, next_attempt_at = NULL, seq = seq + 2, completed_at = now(), settled_at = now(), updated_at = now()
            WHERE id = $1 AND attempts = $2 AND in_flight AND status = ANY($5)
            RETURNING id, seq, status, currency, amount_minor),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, actor, attempt)
            SELECT id, seq - 1, 'STATUS_CHANGED', status, $6, $2 FROM p
            UNION ALL SELECT id, seq, 'SETTLED', status, $6, 0 FROM p),
         l AS (
            INSERT INTO ledger_entries (payment_id, account, currency, amount_minor)
            SELECT id, 'PROVIDER_CLEARING', currency, amount_minor FROM p
            UNION ALL SELECT id, 'SALES', currency, -amount_minor FROM p),
         n AS (INSERT INTO notifications (payment_id, seq, kind) SELECT id, seq - 1, 'PAYMENT_' || status FROM p)
         SELECT seq FROM p",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(<&str>::from(PaymentStatus::Completed))
    .bind(reference)
    .bind(sources(PaymentCommand::Complete))
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    if sequence.is_some() {
        webhooks::notified("PAYMENT_COMPLETED");
        tracing::info!(payment_id = %id, attempt, "notification: payment COMPLETED");
    }
    Ok(sequence)
}

/// The provider will not charge.
///
/// # Errors
/// The database's.
pub async fn failed(pool: &PgPool, id: PaymentId, attempt: i32, reason: &str) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- charge.failed\nWITH p AS (
            UPDATE payments SET status = $3, reason = $4, token = NULL, in_flight = false, repeats = 0,
                next_attempt_at = NULL, seq = seq + 2, settled_at = now(), updated_at = now()
            WHERE id = $1 AND attempts = $2 AND in_flight AND status = ANY($5) RETURNING id, seq, status, reason),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor, attempt)
            SELECT id, seq - 1, 'STATUS_CHANGED', status, reason, $6, $2 FROM p
            UNION ALL SELECT id, seq, 'SETTLED', status, '', $6, 0 FROM p),
         n AS (INSERT INTO notifications (payment_id, seq, kind) SELECT id, seq - 1, 'PAYMENT_' || status FROM p)
         SELECT seq FROM p",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(<&str>::from(PaymentStatus::Failed))
    .bind(reason)
    .bind(sources(PaymentCommand::Fail))
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    if sequence.is_some() {
        webhooks::notified("PAYMENT_FAILED");
        tracing::info!(payment_id = %id, attempt, reason, "notification: payment FAILED");
    }
    Ok(sequence)
}

/// The attempt ended without a charge; the next one begins after the pause.
///
/// # Errors
/// The database's.
pub async fn retry(
    pool: &PgPool,
    id: PaymentId,
    attempt: i32,
    reason: &str,
    pause: Duration,
) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- charge.retry\nWITH p AS (
            UPDATE payments SET reason = $3, in_flight = false, repeats = 0,
                next_attempt_at = now() + make_interval(secs => $4), seq = seq + 1, updated_at = now()
            WHERE id = $1 AND attempts = $2 AND in_flight RETURNING id, seq, status, reason),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor, attempt)
            SELECT id, seq, 'ATTEMPT_FAILED', status, reason, $5, $2 FROM p)
         SELECT seq FROM p",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(reason)
    .bind(pause.as_secs_f64())
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

/// The outcome stayed unknown. Nothing has happened that an event could tell of, and
/// the provider may be away for hours.
///
/// # Errors
/// The database's.
pub async fn repeat(
    pool: &PgPool,
    id: PaymentId,
    attempt: i32,
    repeats: i32,
    pause: Duration,
) -> Result<Option<i64>, Error> {
    let sequence = sqlx::query_scalar(
        "-- charge.repeat\nUPDATE payments SET repeats = $3 + 1, next_attempt_at = now() + make_interval(secs => $4)
         WHERE id = $1 AND attempts = $2 AND in_flight AND repeats = $3 RETURNING seq",
    )
    .bind(id.uuid())
    .bind(attempt)
    .bind(repeats)
    .bind(pause.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    Ok(sequence)
}

fn sources(command: PaymentCommand) -> Vec<&'static str> {
    command.sources().map(<&str>::from).collect()
}
