//! Look-ups.

use super::row::{StoredEvent, StoredLine, StoredOrder, order_columns};
use crate::domain::{Event, Line, Order};
use contracts::Currency;
use contracts::ids::OrderId;
use service::Error;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// One order without its lines and events.
///
/// # Errors
/// The database's.
pub async fn find(pool: &PgPool, id: OrderId) -> Result<Option<Order>, Error> {
    let row: Option<StoredOrder> =
        sqlx::query_as(concat!("-- read.find\nSELECT ", order_columns!(), " FROM orders WHERE id = $1"))
            .bind(id.uuid())
            .fetch_optional(pool)
            .await?;
    row.map(TryInto::try_into).transpose()
}

/// The lines of an order.
///
/// # Errors
/// The database's.
pub async fn lines(pool: &PgPool, orders: &[&Order]) -> Result<HashMap<OrderId, Vec<Line>>, Error> {
    let rows: Vec<StoredLine> = sqlx::query_as(
        "-- read.lines\nSELECT order_id, product_id, quantity, price_minor FROM order_lines WHERE order_id = ANY($1) ORDER BY order_id, line_no",
    )
    .bind(uuids(orders))
    .fetch_all(pool)
    .await?;
    let currencies: HashMap<Uuid, Currency> = orders.iter().map(|o| (o.id.uuid(), o.total.currency())).collect();
    let mut lines: HashMap<OrderId, Vec<Line>> = HashMap::new();
    for row in rows {
        let (id, currency) = (row.order_id, currencies.get(&row.order_id));
        let currency = currency.ok_or_else(|| Error::internal("a line of another order"))?;
        lines.entry(id.into()).or_default().push(row.read(*currency)?);
    }
    Ok(lines)
}

/// The events that had happened to orders when these were read: what has happened since is in neither.
///
/// # Errors
/// The database's.
pub async fn timeline(pool: &PgPool, orders: &[&Order]) -> Result<HashMap<OrderId, Vec<Event>>, Error> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "-- read.timeline\nSELECT order_id, seq, kind, status, reason, actor, at FROM order_events WHERE order_id = ANY($1) ORDER BY order_id, seq",
    )
    .bind(uuids(orders))
    .fetch_all(pool)
    .await?;
    let last: HashMap<Uuid, i64> = orders.iter().map(|o| (o.id.uuid(), o.sequence)).collect();
    let mut events: HashMap<OrderId, Vec<Event>> = HashMap::new();
    for row in rows.into_iter().filter(|row| last.get(&row.order_id).is_some_and(|last| row.seq <= *last)) {
        events.entry(row.order_id.into()).or_default().push(row.try_into()?);
    }
    Ok(events)
}

fn uuids(orders: &[&Order]) -> Vec<Uuid> {
    orders.iter().map(|order| order.id.uuid()).collect()
}

/// The events after a sequence number.
///
/// # Errors
/// The database's.
pub async fn events_after(pool: &PgPool, id: OrderId, after: i64) -> Result<Vec<Event>, Error> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "-- read.events_after\nSELECT order_id, seq, kind, status, reason, actor, at FROM order_events WHERE order_id = $1 AND seq > $2 ORDER BY seq",
    )
    .bind(id.uuid())
    .bind(after)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
