//! The books of a product's stock.

use super::row::read;
use crate::domain::Movement;
use contracts::ids::{LocationId, ProductId, ReservationId};
use service::Error;
use service::paging::Page;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

/// Which movements a list shows.
#[derive(Debug)]
pub struct MovementFilter {
    /// Of this product.
    pub product: ProductId,
    /// Only at this location.
    pub location: Option<LocationId>,
}

#[derive(FromRow)]
struct StoredMovement {
    id: i64,
    product_id: String,
    location: String,
    #[sqlx(rename = "type")]
    kind: String,
    quantity: i64,
    reason: String,
    actor: String,
    reservation_id: Option<Uuid>,
    created_at: OffsetDateTime,
}

/// One page, and one movement more if there is another page.
///
/// # Errors
/// The database's.
pub async fn movements(
    pool: &PgPool,
    filter: &MovementFilter,
    page: &Page,
    before: Option<i64>,
) -> Result<Vec<Movement>, Error> {
    // As a range of rows: of an equal product the planner knows that it needs no order, and may read all that is newer
    // of all others instead.
    let mut query = QueryBuilder::<Postgres>::new(
        "-- movements.movements\nSELECT id, product_id, location, type, quantity, reason, actor, reservation_id, created_at
         FROM movements WHERE (product_id, id) < (",
    );
    query.push_bind(filter.product.as_str()).push(", ").push_bind(before.unwrap_or(i64::MAX));
    query.push(") AND product_id >= ").push_bind(filter.product.as_str());
    if let Some(location) = &filter.location {
        query.push(" AND location = ").push_bind(location.as_str());
    }
    query.push(" ORDER BY product_id DESC, id DESC LIMIT ").push_bind(page.size + 1);
    let rows: Vec<StoredMovement> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

impl TryFrom<StoredMovement> for Movement {
    type Error = Error;

    fn try_from(row: StoredMovement) -> Result<Self, Error> {
        Ok(Self {
            number: row.id,
            product: read("product_id", &row.product_id)?,
            location: read("location", &row.location)?,
            kind: read("type", &row.kind)?,
            quantity: row.quantity,
            reason: row.reason,
            actor: row.actor,
            reservation: row.reservation_id.map(ReservationId::from),
            at: row.created_at,
        })
    }
}
