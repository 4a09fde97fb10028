//! Admitting refunds.

use super::row::{StoredPayment, StoredRefund, payment_columns, refund_columns};
use crate::domain::refund::{Refused, admit as decide};
use crate::domain::{NewRefund, Payment, Refund, RefundStatus, Saga};
use crate::error::Error;
use contracts::ids::PaymentId;
use contracts::{Money, Violations};
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::{FromRow as _, PgConnection, Row as _};
use std::time::Duration;
use time::OffsetDateTime;

/// What came of a refund that was asked for.
pub struct Admitted {
    /// The refund.
    pub refund: Refund,
    /// Its payment afterwards.
    pub payment: Payment,
    /// The outbox row; `None`: the saga step had made the refund before.
    pub hint: Option<Hint>,
}

/// Admits a refund. From the commit on its amount counts as refunded. The row lock on
/// the payment orders refunds that are asked for at the same time.
///
/// # Errors
/// Why it is not admitted, or the database's.
pub async fn admit(conn: &mut PgConnection, new: &NewRefund, window: Duration, actor: &str) -> Result<Admitted, Error> {
    let (payment, now) = lock(conn, new.payment).await?;
    if let Some(saga) = &new.saga
        && let Some(refund) = made_before(conn, saga).await?
    {
        return Ok(Admitted { refund, payment, hint: None });
    }
    let window = new.saga.is_none().then_some(window);
    let amount = decide(&payment, new.amount, now, window).map_err(|refused| refusal(&payment, refused))?;
    insert(conn, new, amount, actor).await
}

async fn lock(conn: &mut PgConnection, id: PaymentId) -> Result<(Payment, OffsetDateTime), Error> {
    let row = sqlx::query(concat!(
        "-- refund.lock\nSELECT clock_timestamp() AS now, ",
        payment_columns!(),
        " FROM payments WHERE id = $1 FOR UPDATE"
    ))
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?
    .ok_or(Error::PaymentNotFound(id))?;
    Ok((StoredPayment::from_row(&row)?.try_into()?, row.try_get("now")?))
}

async fn made_before(conn: &mut PgConnection, saga: &Saga) -> Result<Option<Refund>, Error> {
    let row = sqlx::query(concat!(
        "-- refund.made_before\nSELECT saga_hash, ",
        refund_columns!(),
        " FROM refunds WHERE saga_key = $1"
    ))
    .bind(&saga.key)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let hash: Option<Vec<u8>> = row.try_get("saga_hash")?;
    if hash.as_ref() != Some(&saga.hash) {
        return Err(Error::SagaKeyReused);
    }
    Ok(Some(StoredRefund::from_row(&row)?.try_into()?))
}

async fn insert(conn: &mut PgConnection, new: &NewRefund, amount: Money, actor: &str) -> Result<Admitted, Error> {
    let saga = new.saga.as_ref();
    let told = match new.reason.as_str() {
        "" => format!("refund {} of {amount} admitted", new.id),
        reason => format!("refund {} of {amount} admitted: {reason}", new.id),
    };
    let refund = sqlx::query(concat!(
        "-- refund.insert\nWITH r AS (
            INSERT INTO refunds (id, payment_id, currency, amount_minor, status, reason, saga_key, saga_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *),
         w AS (INSERT INTO outbox (entity_id, start, traceparent) VALUES ($9, true, $10) RETURNING id AS outbox_row)
         SELECT outbox_row, ",
        refund_columns!(),
        " FROM r, w"
    ))
    .bind(new.id.uuid())
    .bind(new.payment.uuid())
    .bind(amount.currency().code())
    .bind(amount.minor())
    .bind(<&str>::from(RefundStatus::Pending))
    .bind(&new.reason)
    .bind(saga.map(|saga| saga.key.as_str()))
    .bind(saga.map(|saga| saga.hash.as_slice()))
    .bind(new.id.to_string())
    .bind(traceparent())
    .fetch_one(&mut *conn)
    .await
    .map_err(|error| match service::db::constraint(&error) {
        // Made meanwhile for another payment: else the lock would have shown it.
        Some("refunds_saga_key") => Error::SagaKeyReused,
        _ => error.into(),
    })?;
    let payment = sqlx::query(concat!(
        "-- refund.insert\nWITH p AS (
            UPDATE payments SET refunded_minor = refunded_minor + $2, seq = seq + 1, updated_at = now()
            WHERE id = $1 RETURNING *),
         e AS (
            INSERT INTO payment_events (payment_id, seq, kind, status, reason, actor, refund_id)
            SELECT id, seq, 'REFUND', status, $3, $4, $5 FROM p)
         SELECT ",
        payment_columns!(),
        " FROM p"
    ))
    .bind(new.payment.uuid())
    .bind(amount.minor())
    .bind(told)
    .bind(actor)
    .bind(new.id.uuid())
    .fetch_one(conn)
    .await?;
    Ok(Admitted {
        refund: StoredRefund::from_row(&refund)?.try_into()?,
        payment: StoredPayment::from_row(&payment)?.try_into()?,
        hint: Some(Hint::new(refund.try_get("outbox_row")?, new.id.to_string(), true)),
    })
}

fn refusal(payment: &Payment, refused: Refused) -> Error {
    match refused {
        Refused::NotCharged => Error::State { id: payment.id, actual: payment.status },
        Refused::ExceedsRest(refundable) => {
            Error::RefundExceedsRest { id: payment.id, actual: payment.status, refundable }
        }
        Refused::WindowOver => {
            Error::RefundWindowOver { id: payment.id, since: payment.completed_at.unwrap_or(payment.updated_at) }
        }
        Refused::OtherCurrency => {
            let mut violations = Violations::new();
            violations.add("amount.currency_code", format!("must be {}, the payment's", payment.amount.currency()));
            violations.into()
        }
    }
}
