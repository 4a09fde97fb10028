//! Look-ups and lists.

use super::row::{StoredEvent, StoredPayment, StoredRefund, payment_columns, refund_columns};
use crate::domain::{Event, Payment, PaymentStatus, Refund, RefundStatus};
use contracts::ids::{CustomerId, OrderRef, PaymentId, RefundId};
use service::Error;
use service::paging::{Direction, Page};
use sqlx::{PgExecutor, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// One payment. Whoever holds a transaction reads within it: a second connection may
/// not come while all are held by others who want one too.
///
/// # Errors
/// The database's.
pub async fn find<'e>(db: impl PgExecutor<'e>, id: PaymentId) -> Result<Option<Payment>, Error> {
    let row: Option<StoredPayment> =
        sqlx::query_as(concat!("-- read.find\nSELECT ", payment_columns!(), " FROM payments WHERE id = $1"))
            .bind(id.uuid())
            .fetch_optional(db)
            .await?;
    row.map(TryInto::try_into).transpose()
}

/// One refund.
///
/// # Errors
/// The database's.
pub async fn find_refund(pool: &PgPool, id: RefundId) -> Result<Option<Refund>, Error> {
    let row: Option<StoredRefund> =
        sqlx::query_as(concat!("-- read.find_refund\nSELECT ", refund_columns!(), " FROM refunds WHERE id = $1"))
            .bind(id.uuid())
            .fetch_optional(pool)
            .await?;
    row.map(TryInto::try_into).transpose()
}

/// Everything that had happened to a payment when it was read: what has happened since is in neither.
///
/// # Errors
/// The database's.
pub async fn timeline(pool: &PgPool, payment: &Payment) -> Result<Vec<Event>, Error> {
    let mut events = events_after(pool, payment.id, 0).await?;
    events.retain(|event| event.sequence <= payment.sequence);
    Ok(events)
}

/// The events after a sequence number.
///
/// # Errors
/// The database's.
pub async fn events_after(pool: &PgPool, id: PaymentId, after: i64) -> Result<Vec<Event>, Error> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "-- read.events_after\nSELECT seq, kind, status, reason, actor, attempt, at FROM payment_events
         WHERE payment_id = $1 AND seq > $2 ORDER BY seq",
    )
    .bind(id.uuid())
    .bind(after)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Which payments a list shows.
#[derive(Debug, Default)]
pub struct PaymentFilter {
    /// Only of this order.
    pub order: Option<OrderRef>,
    /// Only in this status.
    pub status: Option<PaymentStatus>,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
}

/// One page, and one payment more if there is another page.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    filter: &PaymentFilter,
    page: &Page,
    after: Option<PaymentId>,
) -> Result<Vec<Payment>, Error> {
    let mut query = QueryBuilder::<Postgres>::new(concat!(
        "-- read.list\nSELECT ",
        payment_columns!(),
        " FROM payments WHERE true"
    ));
    if let Some(order) = &filter.order {
        query.push(" AND order_id = ").push_bind(order.as_str());
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(<&str>::from(status));
    }
    if let Some(customer) = &filter.customer {
        query.push(" AND customer_id = ").push_bind(customer.as_str());
    }
    cut(&mut query, page, after.map(PaymentId::uuid));
    let rows: Vec<StoredPayment> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Which refunds a list shows.
#[derive(Debug, Default)]
pub struct RefundFilter {
    /// Only of this payment.
    pub payment: Option<PaymentId>,
    /// Only in this status.
    pub status: Option<RefundStatus>,
    /// Only of this customer's payments.
    pub customer: Option<CustomerId>,
}

/// One page, and one refund more if there is another page.
///
/// # Errors
/// The database's.
pub async fn list_refunds(
    pool: &PgPool,
    filter: &RefundFilter,
    page: &Page,
    after: Option<RefundId>,
) -> Result<Vec<Refund>, Error> {
    let mut query = QueryBuilder::<Postgres>::new(concat!(
        "-- read.list_refunds\nSELECT ",
        refund_columns!(),
        " FROM refunds WHERE true"
    ));
    if let Some(payment) = filter.payment {
        query.push(" AND payment_id = ").push_bind(payment.uuid());
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(<&str>::from(status));
    }
    if let Some(customer) = &filter.customer {
        query.push(" AND payment_id IN (SELECT id FROM payments WHERE customer_id = ").push_bind(customer.as_str());
        query.push(")");
    }
    cut(&mut query, page, after.map(RefundId::uuid));
    let rows: Vec<StoredRefund> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Ids are in order of creation.
fn cut(query: &mut QueryBuilder<Postgres>, page: &Page, after: Option<Uuid>) {
    let (beyond, order) = match page.direction {
        Direction::Descending => (" AND id < ", " ORDER BY id DESC LIMIT "),
        Direction::Ascending => (" AND id > ", " ORDER BY id LIMIT "),
    };
    if let Some(after) = after {
        query.push(beyond).push_bind(after);
    }
    query.push(order).push_bind(page.size + 1);
}
