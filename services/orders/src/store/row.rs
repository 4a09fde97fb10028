//! Rows to domain values. A row that can't be read is a mistake of ours.

use crate::domain::{Event, Line, Order, Private};
use contracts::ids::OrderId;
use contracts::{Currency, Money};
use privacy::CustomerKey;
use service::Error;
use sqlx::FromRow;
use std::fmt::Display;
use std::str::FromStr;
use time::OffsetDateTime;
use uuid::Uuid;

/// Columns of [`StoredOrder`], for statements that return whole orders.
macro_rules! order_columns {
    () => {
        "id, customer_id, customer_sealed, status, reason, unwinding, currency, total_minor, payment_method, payment_id, reservation_id, \
         carrier, tracking_number, validation_failures, validation_due_at, seq, settled_at, traceparent, created_at, updated_at"
    };
}
pub(super) use order_columns;

/// A row of `orders`.
#[derive(Debug, FromRow)]
pub struct StoredOrder {
    id: Uuid,
    customer_id: String,
    customer_sealed: Option<String>,
    status: String,
    reason: String,
    unwinding: bool,
    currency: String,
    total_minor: i64,
    payment_method: Option<String>,
    payment_id: Option<String>,
    reservation_id: Option<String>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    validation_failures: i32,
    validation_due_at: Option<OffsetDateTime>,
    seq: i64,
    settled_at: Option<OffsetDateTime>,
    traceparent: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

#[derive(FromRow)]
pub(super) struct StoredLine {
    pub(super) order_id: Uuid,
    pub(super) product_id: String,
    pub(super) quantity: i64,
    pub(super) price_minor: i64,
}

#[derive(FromRow)]
pub(super) struct StoredEvent {
    pub(super) order_id: Uuid,
    pub(super) seq: i64,
    kind: String,
    status: String,
    reason: String,
    actor: String,
    at: OffsetDateTime,
}

pub(super) fn read<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::internal(format!("column {column} has {text:?}: {error}")))
}

impl TryFrom<StoredOrder> for Order {
    type Error = Error;

    fn try_from(row: StoredOrder) -> Result<Self, Error> {
        let currency: Currency = read("currency", &row.currency)?;
        Ok(Self {
            id: OrderId::from(row.id),
            sealed_by: row.customer_sealed.as_deref().and_then(CustomerKey::of_text),
            owner: row.customer_id.clone(),
            customer: match row.customer_sealed {
                None => Private::Known(read("customer_id", &row.customer_id)?),
                Some(sealed) if sealed.is_empty() => Private::Erased,
                Some(sealed) => Private::Sealed(sealed),
            },
            status: read("status", &row.status)?,
            reason: Private::stored(row.reason),
            unwinding: row.unwinding,
            total: Money::new(currency, row.total_minor),
            payment_method: row.payment_method.map(|m| read("payment_method", &m)).transpose()?,
            payment_id: row.payment_id,
            reservation_id: row.reservation_id,
            carrier: row.carrier,
            tracking_number: row.tracking_number.map(Private::stored),
            validation_failures: row.validation_failures,
            validation_due_at: row.validation_due_at,
            sequence: row.seq,
            settled: row.settled_at.is_some(),
            made_in: row.traceparent,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl StoredLine {
    pub(super) fn read(self, currency: Currency) -> Result<Line, Error> {
        Ok(Line {
            product: read("product_id", &self.product_id)?,
            quantity: self.quantity.try_into().map_err(Error::internal)?,
            price: Money::new(currency, self.price_minor),
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
            reason: Private::stored(row.reason),
            actor: row.actor,
            at: row.at,
        })
    }
}
