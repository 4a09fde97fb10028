//! What the feed of changes reads.
//!
//! A change of status writes a notification, and those are read in the order of their numbers. Three kinds write none, and
//! are found by the time at which the row was touched: an order that was just made; one whose validation waits; and what
//! becomes of a cancelled one while it is undone. The first two are not settled, and for both there is an index that a
//! settled order, or one that was never cancelled, is not in. That an order settled is no change of these.

use super::row::{StoredOrder, order_columns, read};
use crate::domain::{Order, Status};
use crate::personal::Personal;
use service::Error;
use service::feed::{Change, Found, Look, Source};
use sqlx::{FromRow as _, PgPool, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

/// An order for those who keep a list open.
#[derive(Debug)]
pub struct Listed {
    /// As it is.
    pub order: Order,
    /// The statuses that it has, or had shortly before it changed.
    pub statuses: Vec<Status>,
}

/// Finds and loads what changed.
#[derive(Clone)]
pub struct Changes {
    /// The service's pool.
    pub pool: PgPool,
    /// Opens what is sealed.
    pub personal: Personal,
}

const LOOK: &str = "-- changes.look\nSELECT pg_snapshot_xmin(s)::text::bigint AS xmin, pg_snapshot_xmax(s)::text::bigint AS xmax,
        now() AS at, (SELECT coalesce(max(id), 0) FROM notifications) AS highest, n.*, t.*
    FROM pg_current_snapshot() AS s,
        (SELECT array_agg(id) AS numbers, array_agg(order_id) AS told, array_agg(seq) AS told_sequences FROM (
            (SELECT id, order_id, seq FROM notifications WHERE id > $1 ORDER BY id LIMIT $4)
            UNION ALL SELECT id, order_id, seq FROM notifications WHERE id = ANY($2)) AS found) AS n,
        (SELECT array_agg(id) AS touched, array_agg(seq) AS touched_sequences FROM (
            (SELECT id, seq FROM orders WHERE settled_at IS NULL AND updated_at >= $3 ORDER BY updated_at LIMIT $4)
            UNION ALL
            (SELECT id, seq FROM orders WHERE status = 'CANCELLED' AND updated_at >= $3 ORDER BY updated_at LIMIT $4)) AS found) AS t";

#[derive(sqlx::FromRow)]
struct Row {
    xmin: i64,
    xmax: i64,
    at: OffsetDateTime,
    highest: i64,
    numbers: Option<Vec<i64>>,
    told: Option<Vec<Uuid>>,
    told_sequences: Option<Vec<i64>>,
    touched: Option<Vec<Uuid>>,
    touched_sequences: Option<Vec<i64>>,
}

#[tonic::async_trait]
impl Source for Changes {
    type Item = Listed;

    async fn look(&self, look: Look<'_>) -> Result<Found, Error> {
        let row: Row = sqlx::query_as(LOOK)
            .bind(look.above)
            .bind(look.missing)
            .bind(look.since)
            .bind(look.limit)
            .fetch_one(&self.pool)
            .await?;
        let told = changes(row.told, row.told_sequences);
        Ok(Found {
            xmin: row.xmin,
            xmax: row.xmax,
            at: row.at,
            highest: row.highest,
            told: row.numbers.unwrap_or_default().into_iter().zip(told).collect(),
            touched: changes(row.touched, row.touched_sequences).collect(),
        })
    }

    async fn load(&self, changes: &[Change]) -> Result<Vec<Listed>, Error> {
        // The event before the first that is new; and the one before that, because the validation may be two at once.
        let rows = sqlx::query(concat!(
            "-- changes.load\nSELECT e.statuses, ",
            order_columns!(),
            " FROM unnest($1::uuid[], $2::bigint[]) AS c (changed, first) JOIN orders ON id = c.changed, LATERAL (
                SELECT array_agg(DISTINCT e.status) AS statuses FROM order_events e
                WHERE e.order_id = c.changed AND e.seq >= c.first - 2) AS e"
        ))
        .bind(changes.iter().map(|change| change.id).collect::<Vec<_>>())
        .bind(changes.iter().map(|change| change.sequence).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await?;
        let (mut orders, mut statuses) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            orders.push(Order::try_from(StoredOrder::from_row(row)?)?);
            let names: Option<Vec<String>> = row.try_get("statuses")?;
            let names = names.unwrap_or_default();
            statuses.push(names.iter().map(|name| read("status", name)).collect::<Result<Vec<Status>, Error>>()?);
        }
        self.personal.show(&self.pool, &mut orders).await?;
        Ok(orders.into_iter().zip(statuses).map(|(order, statuses)| Listed { order, statuses }).collect())
    }
}

fn changes(ids: Option<Vec<Uuid>>, sequences: Option<Vec<i64>>) -> impl Iterator<Item = Change> {
    let both = ids.unwrap_or_default().into_iter().zip(sequences.unwrap_or_default());
    both.map(|(id, sequence)| Change { id, sequence })
}
