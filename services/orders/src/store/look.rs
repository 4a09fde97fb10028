//! What a step begins with, in one round trip: the order as it is, its lines if they
//! have to be checked, and its settlement if nothing else is left to do.

use super::SYSTEM;
use super::journal::StoredEntry;
use super::row::{StoredLine, StoredOrder, order_columns};
use crate::domain::order::Token;
use crate::domain::{Journal, Line, Order, Status};
use contracts::ids::OrderId;
use service::Error;
use sqlx::types::Json;
use sqlx::{FromRow as _, PgPool, Row as _};
use strum::VariantArray as _;

/// An order as a step finds it.
pub struct Look {
    /// The order as it was before.
    pub order: Order,
    /// Its lines while it has not been validated, else none.
    pub lines: Vec<Line>,
    /// What its fulfilment did, while that is under way or being undone.
    pub journal: Journal,
    /// The payment provider's token of an order, while it is needed.
    pub token: Option<Token>,
    /// The number of the `SETTLED` event, if this look settled the order.
    pub settled: Option<i64>,
}

/// Reads an order. If a workflow has nothing more to do for its status, records that.
///
/// # Errors
/// The database's.
pub async fn look(pool: &PgPool, id: OrderId) -> Result<Option<Look>, Error> {
    let row = sqlx::query(concat!(
        "-- look.look\nWITH s AS (
            UPDATE orders SET seq = seq + 1, settled_at = now()
            WHERE id = $1 AND status = ANY($2) AND settled_at IS NULL AND NOT unwinding
                AND (status <> 'APPROVED' OR payment_method IS NULL) RETURNING id, seq, status),
         e AS (
            INSERT INTO order_events (order_id, seq, kind, status, actor)
            SELECT id, seq, 'SETTLED', status, $4 FROM s)
         SELECT (SELECT seq FROM s) AS settled_seq, products, quantities, prices, payment_token,
            CASE WHEN status = ANY($5) OR unwinding THEN (
                SELECT json_agg(json_build_object('step', step, 'attempt', attempt, 'state', state,
                    'external_id', external_id, 'undo', undo,
                    'age_ms', floor(extract(epoch FROM now() - started_at) * 1000)::bigint,
                    'undoing_ms', coalesce(floor(extract(epoch FROM now() - undo_since) * 1000)::bigint, 0)))
                FROM order_journal WHERE order_id = orders.id) END AS journal, ",
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
    .bind(names(Status::is_in_fulfilment))
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
    let journal: Option<Json<Vec<StoredEntry>>> = row.try_get("journal")?;
    let entries = journal.map(|journal| journal.0).unwrap_or_default();
    let journal = Journal(entries.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?);
    let token = row.try_get::<Option<_>, _>("payment_token")?.map(Token);
    Ok(Some(Look { journal, token, settled: row.try_get("settled_seq")?, lines, order }))
}

fn names(which: fn(Status) -> bool) -> Vec<&'static str> {
    Status::VARIANTS.iter().copied().filter(|status| which(*status)).map(Into::into).collect()
}
