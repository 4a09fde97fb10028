//! A customer is erased: what was stored of them becomes unreadable, what was bought and paid stays.

use crate::domain::Status;
use crate::personal::{Personal, reply_place};
use crate::store::customers::Wrapped;
use contracts::ids::{CustomerId, OrderId};
use contracts::orders::CreateOrderResponse;
use privacy::CustomerKey;
use prost::Message as _;
use service::Error;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// So many orders are named in a refusal.
const NAMED: i64 = 100;
/// Whose replies show an order.
const METHODS: [&str; 6] = ["CreateOrder", "ApproveOrder", "RejectOrder", "CancelOrder", "ShipOrder", "DeliverOrder"];

/// What was done.
#[derive(Clone, Copy, Debug)]
pub struct Erased {
    /// Orders that showed the customer before.
    pub orders: i64,
    /// When.
    pub at: OffsetDateTime,
}

/// What came of it.
pub enum Erasure {
    /// It was done.
    Done(Erased),
    /// These orders are under way: nothing was done.
    UnderWay(Vec<(OrderId, Status)>),
}

/// Destroys the customer's key, and takes out of the rows what it sealed and what is plain. To be done in a transaction,
/// which is given up if orders are under way: also those that wait to be shipped or are, because a parcel on its way
/// needs its number.
///
/// # Errors
/// The database's.
pub async fn erase(
    conn: &mut PgConnection,
    personal: &Personal,
    customer: &CustomerId,
    actor: &str,
) -> Result<Erasure, Error> {
    let pseudonym = personal.pseudonym(customer);
    // Whoever makes an order of this customer now waits for us, or we for him.
    let key: Option<Wrapped> =
        sqlx::query_as("-- erase.key\nDELETE FROM customer_keys WHERE customer = $1 RETURNING id, wrapped")
            .bind(&pseudonym)
            .fetch_optional(&mut *conn)
            .await?;
    let key = key.map(|key| personal.read(&key)).transpose()?;
    let columns = [pseudonym, customer.to_string()];
    let under_way = under_way(conn, &columns).await?;
    if !under_way.is_empty() {
        return Ok(Erasure::UnderWay(under_way));
    }
    let id = Uuid::now_v7();
    let orders = orders(conn, &columns, id).await?;
    rest(conn, &orders, customer).await?;
    replies(conn, &orders, key.as_ref()).await?;
    let orders = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    let at = if orders == 0 && key.is_none() {
        // There is nothing of this customer, or no longer.
        OffsetDateTime::now_utc()
    } else {
        sqlx::query_scalar("-- erase.record\nINSERT INTO erasures (id, orders, actor) VALUES ($1, $2, $3) RETURNING at")
            .bind(id)
            .bind(orders)
            .bind(actor)
            .fetch_one(&mut *conn)
            .await?
    };
    Ok(Erasure::Done(Erased { orders, at }))
}

async fn under_way(conn: &mut PgConnection, columns: &[String; 2]) -> Result<Vec<(OrderId, Status)>, Error> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "-- erase.under_way\nSELECT id, status FROM orders
         WHERE customer_id = ANY($1) AND (customer_sealed IS NULL OR customer_id = $2)
           AND (settled_at IS NULL OR status IN ('PROCESSING', 'SHIPPED')) ORDER BY id LIMIT $3",
    )
    .bind(columns.as_slice())
    .bind(&columns[0])
    .bind(NAMED)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id, status)| Ok((id.into(), super::row::read("status", &status)?))).collect()
}

/// The orders themselves. What the system said of them stays.
async fn orders(conn: &mut PgConnection, columns: &[String; 2], id: Uuid) -> Result<Vec<Uuid>, Error> {
    let orders = sqlx::query_scalar(
        "-- erase.orders\nUPDATE orders SET customer_id = 'erased:' || $3, customer_sealed = '', payment_token = NULL,
            tracking_number = CASE WHEN tracking_number IS NOT NULL THEN '' END,
            reason = CASE WHEN EXISTS (
                SELECT 1 FROM order_events e WHERE e.order_id = orders.id AND e.kind = 'STATUS_CHANGED'
                AND e.status = orders.status AND e.actor <> 'system') THEN '' ELSE reason END
         WHERE customer_id = ANY($1) AND (customer_sealed IS NULL OR customer_id = $2) RETURNING id",
    )
    .bind(columns.as_slice())
    .bind(&columns[0])
    .bind(id.to_string())
    .fetch_all(conn)
    .await?;
    Ok(orders)
}

/// What was typed about them, and the numbers of their parcels.
async fn rest(conn: &mut PgConnection, orders: &[Uuid], customer: &CustomerId) -> Result<(), Error> {
    sqlx::query(
        "-- erase.rest\nWITH p AS (UPDATE parcels SET tracking_number = '', tracking_pseudonym = NULL WHERE order_id = ANY($1))
         UPDATE order_events SET reason = '', actor = CASE WHEN actor = $2 THEN 'customer' ELSE actor END
         WHERE order_id = ANY($1) AND actor <> 'system' AND (reason <> '' OR actor = $2)",
    )
    .bind(orders)
    .bind(customer.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The replies that are kept for requests that come again. They stay, so that these do nothing again, and no longer show
/// what is personal.
async fn replies(conn: &mut PgConnection, orders: &[Uuid], key: Option<&CustomerKey>) -> Result<(), Error> {
    // All of these replies have the order's id first.
    let kept: Vec<Kept> = sqlx::query_as(
        "-- erase.replies\nSELECT caller, method, key, reply FROM idempotency WHERE method = ANY($1)
         AND (substr(reply, 1, length($2)) = $2 OR substring(encode(reply, 'escape') FROM 'ord_[0-9a-f]{32}') = ANY($3))",
    )
    .bind(METHODS.as_slice())
    .bind(key.map(CustomerKey::beginning))
    .bind(orders.iter().map(|id| OrderId::from(*id).to_string()).collect::<Vec<_>>())
    .fetch_all(&mut *conn)
    .await?;
    for Kept { caller, method, key: request, reply } in kept {
        let reply = match key.filter(|_| privacy::is_sealed(&reply)) {
            Some(key) => key.open(&reply, &reply_place(&request)).map_err(Error::internal)?,
            None => reply,
        };
        let mut reply = CreateOrderResponse::decode(reply.as_slice()).map_err(Error::internal)?;
        if let Some(order) = &mut reply.order {
            order.customer_id.clear();
            order.reason.clear();
            order.tracking_number.clear();
        }
        sqlx::query("-- erase.reply\nUPDATE idempotency SET reply = $4 WHERE caller = $1 AND method = $2 AND key = $3")
            .bind(caller)
            .bind(method)
            .bind(request)
            .bind(reply.encode_to_vec())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Kept {
    caller: String,
    method: String,
    key: String,
    reply: Vec<u8>,
}
