//! A new order, one statement.

use super::row::{StoredOrder, order_columns};
use crate::domain::{Line, NewOrder, Order, Private};
use crate::personal::{Column, Personal};
use service::Error;
use service::outbox::Hint;
use service::telemetry::propagation::traceparent;
use sqlx::{PgConnection, Row as _};

/// So often a customer's key is looked for that somebody made or erased at the same moment.
const TRIES: u32 = 5;

/// The statement, with what comes before it, the column and value more, and how its rows are made.
macro_rules! insert {
    ($keys:literal, $column:literal, $value:literal, $rows:literal, $from_key:literal, $from_order:literal, $and_order:literal) => {
        concat!(
            "-- write.insert\nWITH ", $keys, "o AS (
                INSERT INTO orders (id, customer_id, status, currency, total_minor, payment_method, payment_token, seq, traceparent", $column, ")
                ", $rows, "$1, $2, 'CREATED', $3, $4, $5, $6, 1, $12", $value, $from_key, " RETURNING *),
             l AS (
                INSERT INTO order_lines (order_id, line_no, product_id, quantity, price_minor)
                SELECT $1, line_no, product, quantity, price
                FROM unnest($7::text[], $8::bigint[], $9::bigint[]) WITH ORDINALITY AS t (product, quantity, price, line_no)", $and_order, "),
             e AS (
                INSERT INTO order_events (order_id, seq, kind, status, actor) ", $rows, "$1, 1, 'STATUS_CHANGED', 'CREATED', $10", $from_order, "),
             w AS (INSERT INTO outbox (entity_id, start, traceparent) ", $rows, "$11, true, $12", $from_order, " RETURNING id AS outbox_row)
             SELECT outbox_row, ", order_columns!(), " FROM o, w"
        )
    };
}

const PLAIN: &str = insert!("", "", "", "VALUES (", ")", ")", "");

/// A new key is stored with its customer's first order. One that is there is kept until the commit: whoever erases the
/// customer waits for this order, and if that was done before, nothing is inserted.
const SEALED: &str = insert!(
    "n AS (
        INSERT INTO customer_keys (id, customer, ring_key, wrapped) SELECT $13, $2, $14, $15 WHERE $15 IS NOT NULL
        ON CONFLICT (customer) DO NOTHING RETURNING id),
     x AS (SELECT id FROM customer_keys WHERE id = $13 AND $15 IS NULL FOR KEY SHARE),
     k AS (SELECT id FROM n UNION ALL SELECT id FROM x), ",
    ", customer_sealed",
    ", $16",
    "SELECT ",
    " FROM k",
    " FROM o",
    ", o"
);

/// Stores a new order with its lines, first event and outbox row, and the customer's key if that is the first.
///
/// # Errors
/// The database's.
pub async fn insert(
    conn: &mut PgConnection,
    order: &NewOrder,
    actor: &str,
    personal: &Personal,
) -> Result<(Order, Hint), Error> {
    let (method, token) = match &order.payment {
        Some((method, token)) => (Some(<&str>::from(*method)), token.as_ref().map(|t| t.0.as_str())),
        None => (None, None),
    };
    let column = |f: fn(&Line) -> i64| order.lines.iter().map(f).collect::<Vec<i64>>();
    let products: Vec<&str> = order.lines.iter().map(|line| line.product.as_str()).collect();
    for _ in 0..TRIES {
        let owner = personal.owner(&mut *conn, &order.customer).await?;
        let customer = owner.as_ref().map_or(order.customer.as_str(), |owner| owner.pseudonym.as_str());
        let mut query = sqlx::query(if owner.is_some() { SEALED } else { PLAIN })
            .bind(order.id.uuid())
            .bind(customer)
            .bind(order.total.currency().code())
            .bind(order.total.minor())
            .bind(method)
            .bind(token)
            .bind(&products)
            .bind(column(|line| line.quantity.get()))
            .bind(column(|line| line.price.minor()))
            .bind(actor)
            .bind(order.id.to_string())
            .bind(traceparent());
        if let Some(owner) = &owner {
            query = query
                .bind(owner.key.id())
                .bind(owner.ring)
                .bind(owner.wrapped.as_deref())
                .bind(Column::Customer.seal(&owner.key, order.id, order.customer.as_str())?);
        }
        let Some(row) = query.fetch_optional(&mut *conn).await? else {
            personal.forget(&order.customer);
            continue;
        };
        if let Some(owner) = owner {
            personal.remember(owner);
        }
        let hint = Hint::new(row.try_get("outbox_row")?, order.id.to_string(), true);
        let mut stored: Order = <StoredOrder as sqlx::FromRow<_>>::from_row(&row)?.try_into()?;
        stored.customer = Private::Known(order.customer.clone());
        return Ok((stored, hint));
    }
    Err(Error::unavailable("the customer's key was made or erased by others each time"))
}
