//! Rows as they are stored, and what they mean.

use crate::domain::{Attempts, Event, Payment, Refund};
use contracts::ids::{PaymentId, RefundId};
use contracts::{Currency, Money};
use service::Error;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns of [`StoredPayment`], named so that a later column does not disturb a
/// running process. The token is not among them.
macro_rules! payment_columns {
    () => {
        "id, order_id, customer_id, currency, amount_minor, method, status, reason, attempts, provider_reference, refunded_minor, \
         seq, settled_at, created_at, updated_at, completed_at, saga_key"
    };
}
pub(super) use payment_columns;

/// The columns of [`StoredRefund`].
macro_rules! refund_columns {
    () => {
        "id, payment_id, currency, amount_minor, status, reason, attempts, provider_reference, created_at, updated_at"
    };
}
pub(super) use refund_columns;

/// The columns of [`StoredAttempts`], and the age of the attempt: the last change of a
/// row with an attempt in flight was its begin.
macro_rules! attempt_columns {
    () => {
        "attempts, in_flight, repeats, \
         coalesce(greatest(extract(epoch FROM next_attempt_at - now()), 0), 0)::float8 AS pause_s, \
         greatest(extract(epoch FROM now() - updated_at), 0)::float8 AS age_s"
    };
}
pub(super) use attempt_columns;

#[derive(FromRow)]
pub(super) struct StoredPayment {
    id: Uuid,
    order_id: String,
    customer_id: Option<String>,
    currency: String,
    amount_minor: i64,
    method: String,
    status: String,
    reason: String,
    attempts: i32,
    provider_reference: Option<String>,
    refunded_minor: i64,
    seq: i64,
    settled_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    completed_at: Option<OffsetDateTime>,
    saga_key: Option<String>,
}

#[derive(FromRow)]
pub(super) struct StoredRefund {
    id: Uuid,
    payment_id: Uuid,
    currency: String,
    amount_minor: i64,
    status: String,
    reason: String,
    attempts: i32,
    provider_reference: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

#[derive(FromRow)]
pub(super) struct StoredEvent {
    seq: i64,
    kind: String,
    status: String,
    reason: String,
    actor: String,
    attempt: i32,
    at: OffsetDateTime,
}

#[derive(FromRow)]
pub(super) struct StoredAttempts {
    attempts: i32,
    in_flight: bool,
    repeats: i32,
    pause_s: f64,
}

pub(super) fn read<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::internal(format!("column {column} has {text:?}: {error}")))
}

/// The `age_s` of [`attempt_columns`].
pub(super) fn age(row: &PgRow) -> Result<Duration, sqlx::Error> {
    Ok(Duration::try_from_secs_f64(row.try_get("age_s")?).unwrap_or_default())
}

pub(super) fn money(currency: &str, minor: i64) -> Result<Money, Error> {
    Ok(Money::new(read::<Currency>("currency", currency)?, minor))
}

impl TryFrom<StoredPayment> for Payment {
    type Error = Error;

    fn try_from(row: StoredPayment) -> Result<Self, Error> {
        Ok(Self {
            id: PaymentId::from(row.id),
            order: read("order_id", &row.order_id)?,
            customer: row.customer_id.map(|id| read("customer_id", &id)).transpose()?,
            amount: money(&row.currency, row.amount_minor)?,
            method: read("method", &row.method)?,
            status: read("status", &row.status)?,
            reason: row.reason,
            attempts: row.attempts,
            provider_reference: row.provider_reference,
            refunded: money(&row.currency, row.refunded_minor)?,
            sequence: row.seq,
            settled: row.settled_at.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            completed_at: row.completed_at,
            saga_key: row.saga_key,
        })
    }
}

impl TryFrom<StoredRefund> for Refund {
    type Error = Error;

    fn try_from(row: StoredRefund) -> Result<Self, Error> {
        Ok(Self {
            id: RefundId::from(row.id),
            payment: PaymentId::from(row.payment_id),
            amount: money(&row.currency, row.amount_minor)?,
            status: read("status", &row.status)?,
            reason: row.reason,
            attempts: row.attempts,
            provider_reference: row.provider_reference,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TryFrom<StoredEvent> for Event {
    type Error = Error;

    fn try_from(row: StoredEvent) -> Result<Self, Error> {
        Ok(Self {
            sequence: row.seq,
            kind: read("kind", &row.kind)?,
            status: read("status", &row.status)?,
            reason: row.reason,
            actor: row.actor,
            attempt: row.attempt,
            at: row.at,
        })
    }
}

impl From<StoredAttempts> for Attempts {
    fn from(row: StoredAttempts) -> Self {
        Self {
            begun: row.attempts,
            in_flight: row.in_flight,
            repeats: row.repeats,
            pause: Duration::try_from_secs_f64(row.pause_s).unwrap_or_default(),
        }
    }
}
