//! Look-ups and lists.

use super::row::{StoredEvent, StoredLine, StoredOrder, order_columns};
use crate::domain::{Event, Line, Order, Status};
use crate::personal::Personal;
use contracts::Currency;
use contracts::ids::{CustomerId, OrderId};
use service::Error;
use service::paging::{Direction, Page};
use sqlx::{PgPool, Postgres, QueryBuilder};
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

/// The events of orders.
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
    let mut events: HashMap<OrderId, Vec<Event>> = HashMap::new();
    for row in rows {
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

/// Which orders a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only in this status.
    pub status: Option<Status>,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
}

/// One page, and one order more if there is another page.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    personal: &Personal,
    filter: &Filter,
    page: &Page,
    after: Option<OrderId>,
) -> Result<Vec<Order>, Error> {
    let mut query =
        QueryBuilder::<Postgres>::new(concat!("-- read.list\nSELECT ", order_columns!(), " FROM orders WHERE true"));
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(<&str>::from(status));
    }
    if let Some(customer) = &filter.customer {
        let pseudonym = personal.pseudonym(customer);
        if pseudonym == customer.as_str() {
            query.push(" AND customer_id = ").push_bind(pseudonym);
        } else {
            // Orders that are older than the keys have the id itself.
            let either = vec![pseudonym.clone(), customer.to_string()];
            query
                .push(" AND customer_id = ANY(")
                .push_bind(either)
                .push(") AND (customer_sealed IS NULL OR customer_id = ");
            query.push_bind(pseudonym).push(")");
        }
    }
    let (beyond, order) = match page.direction {
        Direction::Descending => (" AND id < ", " ORDER BY id DESC LIMIT "),
        Direction::Ascending => (" AND id > ", " ORDER BY id LIMIT "),
    };
    if let Some(after) = after {
        query.push(beyond).push_bind(after.uuid());
    }
    query.push(order).push_bind(page.size + 1);
    let rows: Vec<StoredOrder> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
