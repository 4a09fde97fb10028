//! What a step begins with, in one round trip: the order as it is, its lines if they
//! have to be checked, and its settlement if nothing else is left to do.

use super::SYSTEM;
use super::row::{StoredLine, StoredOrder, order_columns};
use crate::domain::{Line, Order, Status};
use contracts::ids::OrderId;
use service::Error;
use sqlx::{FromRow as _, PgPool, Row as _};
use strum::VariantArray as _;

/// An order as a step finds it.
pub struct Look {
    /// The order as it was before.
    pub order: Order,
    /// Its lines while it has not been validated, else none.
    pub lines: Vec<Line>,
    /// The number of the `SETTLED` event, if this look settled the order.
    pub settled: Option<i64>,
}

/// Reads an order. If a workflow has nothing more to do for its status, records that.
///
/// # Errors
/// The database's.
pub async fn look(pool: &PgPool, id: OrderId) -> Result<Option<Look>, Error> {
    let row = sqlx::query(concat!(
        "WITH s AS (
            UPDATE orders SET seq = seq + 1, settled_at = now()
            WHERE id = $1 AND status = ANY($2) AND settled_at IS NULL AND NOT unwinding RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, actor)
            SELECT id, seq, 'SETTLED', status, $4 FROM s)
         SELECT (SELECT seq FROM s) AS settled_seq, products, quantities, prices, ",
        order_columns!(),
        " FROM orders LEFT JOIN LATERAL (
            SELECT array_agg(product_id ORDER BY line_no) AS products, array_agg(quantity ORDER BY line_no) AS quantities,
                array_agg(price_minor ORDER BY line_no) AS prices
            FROM order_lines WHERE order_id = orders.id) AS l ON status = ANY($3)
         WHERE id = $1"
    ))
    .bind(id.uuid())
    .bind(names(Status::rests))
    .bind(names(Status::is_unchecked))
    .bind(SYSTEM)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let order: Order = StoredOrder::from_row(&row)?.try_into()?;
    let products: Vec<String> = row.try_get::<Option<_>, _>("products")?.unwrap_or_default();
    let quantities: Vec<i64> = row.try_get::<Option<_>, _>("quantities")?.unwrap_or_default();
    let prices: Vec<i64> = row.try_get::<Option<_>, _>("prices")?.unwrap_or_default();
    let line = |((product_id, quantity), price_minor)| {
        let row = StoredLine { order_id: id.uuid(), product_id, quantity, price_minor };
        row.read(order.total.currency())
    };
    let lines = products.into_iter().zip(quantities).zip(prices).map(line).collect::<Result<_, Error>>()?;
    Ok(Some(Look { settled: row.try_get("settled_seq")?, lines, order }))
}

fn names(which: fn(Status) -> bool) -> Vec<&'static str> {
    Status::VARIANTS.iter().copied().filter(|status| which(*status)).map(Into::into).collect()
}
