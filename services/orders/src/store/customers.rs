//! The keys of customers.

use service::Error;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// A stored key.
#[derive(sqlx::FromRow)]
pub(crate) struct Wrapped {
    pub(crate) id: Uuid,
    pub(crate) wrapped: Vec<u8>,
}

/// The key of the customer with this pseudonym.
pub(crate) async fn of(db: impl PgExecutor<'_>, pseudonym: &str) -> Result<Option<Wrapped>, Error> {
    let query = "-- customers.of\nSELECT id, wrapped FROM customer_keys WHERE customer = $1";
    Ok(sqlx::query_as(query).bind(pseudonym).fetch_optional(db).await?)
}

/// Those of these keys that are still there.
pub(crate) async fn named(db: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<Vec<Wrapped>, Error> {
    let query = "-- customers.named\nSELECT id, wrapped FROM customer_keys WHERE id = ANY($1)";
    Ok(sqlx::query_as(query).bind(ids).fetch_all(db).await?)
}

/// What of an order is sealed with its customer's key; `None`: nothing, or there is no such order.
pub(crate) async fn sealed(db: impl PgExecutor<'_>, order: Uuid) -> Result<Option<String>, Error> {
    let query = "-- customers.sealed\nSELECT customer_sealed FROM orders WHERE id = $1";
    Ok(sqlx::query_scalar::<_, Option<String>>(query).bind(order).fetch_optional(db).await?.flatten())
}

/// The keys of the ring that are needed to read those of the customers.
pub(crate) async fn rings(pool: &PgPool) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar("-- customers.rings\nSELECT DISTINCT ring_key FROM customer_keys").fetch_all(pool).await?)
}

/// Some keys that are sealed by another key of the ring than this.
pub(crate) async fn sealed_by_others(pool: &PgPool, ring: &str, limit: i64) -> Result<Vec<Wrapped>, Error> {
    let query = "-- customers.sealed_by_others\nSELECT id, wrapped FROM customer_keys WHERE ring_key <> $1 LIMIT $2";
    Ok(sqlx::query_as(query).bind(ring).bind(limit).fetch_all(pool).await?)
}

/// Stores keys sealed by this key of the ring.
pub(crate) async fn wrap_again(pool: &PgPool, ring: &str, keys: &[Wrapped]) -> Result<(), Error> {
    sqlx::query(
        "-- customers.wrap_again\nUPDATE customer_keys k SET ring_key = $1, wrapped = t.wrapped
         FROM unnest($2::uuid[], $3::bytea[]) AS t (id, wrapped) WHERE k.id = t.id",
    )
    .bind(ring)
    .bind(keys.iter().map(|key| key.id).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.wrapped.as_slice()).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}
