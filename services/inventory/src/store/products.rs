//! Look-ups and lists of products.

use super::row::StoredProduct;
use crate::domain::Product;
use crate::domain::stock::LOW;
use contracts::ids::ProductId;
use service::Error;
use service::paging::{Direction, Page};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

const SELECT: &str = "-- products.select
    SELECT p.id, p.name, coalesce(json_agg(json_build_object(
        'location', s.location, 'on_hand', s.on_hand, 'held_back', s.held_back, 'reserved', s.reserved
        ) ORDER BY s.location) FILTER (WHERE s.location IS NOT NULL), '[]') AS stock
    FROM products p LEFT JOIN stock s ON s.product_id = p.id";

/// Those of the products that exist, in order of id.
///
/// # Errors
/// The database's.
pub async fn products(executor: impl PgExecutor<'_>, ids: &[ProductId]) -> Result<Vec<Product>, Error> {
    let ids: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" WHERE p.id = ANY(").push_bind(ids).push(") GROUP BY p.id ORDER BY p.id");
    let rows: Vec<StoredProduct> = query.build_query_as().fetch_all(executor).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Which products a list shows.
#[derive(Clone, Debug, Default)]
pub struct ProductFilter {
    /// Only those with few available pieces.
    pub low_stock: bool,
    /// Only those whose id begins with this, or whose name has it, in whatever case.
    pub search: Option<String>,
}

/// One page, and one product more if there is another page.
///
/// # Errors
/// The database's.
pub async fn list_products(
    executor: impl PgExecutor<'_>,
    filter: &ProductFilter,
    page: &Page,
) -> Result<Vec<Product>, Error> {
    let (beyond, order) = match page.direction {
        Direction::Descending => (" AND p.id < ", " ORDER BY p.id DESC LIMIT "),
        Direction::Ascending => (" AND p.id > ", " ORDER BY p.id LIMIT "),
    };
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" WHERE true");
    if let Some(search) = &filter.search {
        // The collation of ids knows the case of ASCII only.
        query.push(r#" AND (starts_with(lower(p.id COLLATE "default"), lower("#).push_bind(search);
        query.push(")) OR strpos(lower(p.name), lower(").push_bind(search).push(")) > 0)");
    }
    if let Some(after) = &page.after {
        query.push(beyond).push_bind(after);
    }
    query.push(" GROUP BY p.id");
    if filter.low_stock {
        query.push(" HAVING coalesce(sum(s.on_hand - s.held_back - s.reserved), 0) < ").push_bind(LOW);
    }
    query.push(order).push_bind(page.size + 1);
    let rows: Vec<StoredProduct> = query.build_query_as().fetch_all(executor).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
