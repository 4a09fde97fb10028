//! What callers do to payments.

use super::SYSTEM;
use super::row::{StoredPayment, payment_columns};
use crate::domain::{NewPayment, Payment, PaymentCommand, PaymentStatus};
use crate::error::Error;
use contracts::ids::PaymentId;
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::postgres::PgRow;
use sqlx::{FromRow as _, PgConnection, Row as _};

/// What came of a payment that was asked for.
pub enum Created {
    /// It was stored; a void one needs no workflow.
    New(Payment, Option<Hint>),
    /// The saga step had made it before.
    Before(Payment),
}

/// Stores a new payment with its first event and its outbox row, unless its saga step
/// has made one before.
///
/// # Errors
/// [`Error::SagaKeyReused`], or the database's.
pub async fn insert(conn: &mut PgConnection, payment: &NewPayment, actor: &str) -> Result<Created, Error> {
    let saga = payment.saga.as_ref();
    let row = sqlx::query(concat!(
        "-- payment.insert\nWITH p AS (
            INSERT INTO payments (id, order_id, currency, amount_minor, method, token, status, saga_key, saga_hash, seq, settled_at,
                traceparent, customer_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $12 THEN 2 ELSE 1 END, CASE WHEN $12 THEN now() END, $13, $14)
            ON CONFLICT ON CONSTRAINT payments_saga_key DO NOTHING RETURNING *),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, actor)
            SELECT id, 1, 'STATUS_CHANGED', status, $10 FROM p
            UNION ALL SELECT id, 2, 'SETTLED', status, $10 FROM p WHERE $12),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) SELECT $11, true, $13 FROM p WHERE NOT $12
            RETURNING id AS outbox_row)
         SELECT outbox_row, ",
        payment_columns!(),
        " FROM p LEFT JOIN w ON true"
    ))
    .bind(payment.id.uuid())
    .bind(payment.order.as_str())
    .bind(payment.amount.currency().code())
    .bind(payment.amount.minor())
    .bind(<&str>::from(payment.method))
    .bind(payment.token.as_ref().map(|token| token.0.as_str()))
    .bind(<&str>::from(if payment.void { PaymentStatus::Cancelled } else { PaymentStatus::Pending }))
    .bind(saga.map(|saga| saga.key.as_str()))
    .bind(saga.map(|saga| saga.hash.as_slice()))
    .bind(actor)
    .bind(payment.id.to_string())
    .bind(payment.void)
    .bind(traceparent())
    .bind(payment.customer.as_ref().map(|customer| customer.as_str()))
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(row) = row {
        let (payment, hint) = with_hint(&row, true)?;
        return Ok(Created::New(payment, hint));
    }
    // A concurrent one has committed by now: the insert waited for it.
    let row = sqlx::query(concat!(
        "-- payment.insert\nSELECT saga_hash, ",
        payment_columns!(),
        " FROM payments WHERE saga_key = $1"
    ))
    .bind(saga.map(|saga| saga.key.as_str()))
    .fetch_one(conn)
    .await?;
    let hash: Option<Vec<u8>> = row.try_get("saga_hash")?;
    if !payment.void && hash.as_deref() != saga.map(|saga| saga.hash.as_slice()) {
        return Err(Error::SagaKeyReused);
    }
    Ok(Created::Before(StoredPayment::from_row(&row)?.try_into()?))
}

/// Cancels a payment if its status allows it. `None`: it does not, or there is no such
/// payment.
///
/// # Errors
/// The database's.
pub async fn cancel(
    conn: &mut PgConnection,
    id: PaymentId,
    reason: &str,
    actor: &str,
) -> Result<Option<(Payment, Option<Hint>)>, Error> {
    let row = sqlx::query(concat!(
        "-- payment.cancel\nWITH p AS (
            UPDATE payments SET status = $2, reason = $3, token = NULL, seq = seq + 1, updated_at = now()
            WHERE id = $1 AND status = ANY($4) RETURNING *),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor)
            SELECT id, seq, 'STATUS_CHANGED', status, reason, $5 FROM p),
         n AS (INSERT INTO notifications (payment_id, seq, kind) SELECT id, seq, 'PAYMENT_' || status FROM p),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) SELECT $6, false, $7 FROM p RETURNING id AS outbox_row)
         SELECT outbox_row, ",
        payment_columns!(),
        " FROM p, w"
    ))
    .bind(id.uuid())
    .bind(<&str>::from(PaymentStatus::Cancelled))
    .bind(reason)
    .bind(PaymentCommand::Cancel.sources().map(<&str>::from).collect::<Vec<_>>())
    .bind(actor)
    .bind(id.to_string())
    .bind(traceparent())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    webhooks::notified("PAYMENT_CANCELLED");
    with_hint(&row, false).map(Some)
}

fn with_hint(row: &PgRow, start: bool) -> Result<(Payment, Option<Hint>), Error> {
    let payment: Payment = StoredPayment::from_row(row)?.try_into()?;
    let hint = row.try_get::<Option<i64>, _>("outbox_row")?.map(|id| Hint::new(id, payment.id.to_string(), start));
    Ok((payment, hint))
}

/// Records that the workflow has carried a status out that needs nothing more. `None`:
/// it was recorded before, or the payment needs more.
///
/// # Errors
/// The database's.
pub async fn settle(conn: &mut PgConnection, id: PaymentId) -> Result<Option<i64>, service::Error> {
    let sequence = sqlx::query_scalar(
        "-- payment.settle\nWITH p AS (
            UPDATE payments SET seq = seq + 1, settled_at = now()
            WHERE id = $1 AND settled_at IS NULL AND status NOT IN ('PENDING', 'PROCESSING') RETURNING id, seq, status),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, actor) SELECT id, seq, 'SETTLED', status, $2 FROM p)
         SELECT seq FROM p",
    )
    .bind(id.uuid())
    .bind(SYSTEM)
    .fetch_optional(conn)
    .await?;
    Ok(sequence)
}
