//! What the outbox and the watches ask about orders.

use super::Store;
use contracts::ids::OrderId;
use service::Error;
use service::outbox::Entities;
use uuid::Uuid;

#[tonic::async_trait]
impl Entities for Store {
    fn workflow_type(&self, _entity: &str) -> &'static str {
        crate::workflow::ORDER
    }

    async fn needs_driver(&self, entity: &str) -> Result<bool, Error> {
        let id: OrderId = entity.parse().map_err(Error::internal)?;
        let found: Option<bool> =
            sqlx::query_scalar("-- entities.needs_driver\nSELECT settled_at IS NULL FROM orders WHERE id = $1")
                .bind(id.uuid())
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.unwrap_or(false))
    }

    async fn stale(&self, seconds: i64, limit: i64) -> Result<Vec<String>, Error> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "-- entities.stale\nSELECT id FROM orders WHERE settled_at IS NULL AND status <> 'PENDING_APPROVAL'
             AND updated_at < now() - make_interval(secs => $1) ORDER BY updated_at LIMIT $2",
        )
        .bind(seconds as f64)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(|id| OrderId::from(id).to_string()).collect())
    }

    async fn waiting(&self, after: &str, limit: i64) -> Result<Vec<String>, Error> {
        let after = after.parse::<OrderId>().map_or(Uuid::nil(), OrderId::uuid);
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "-- entities.waiting\nSELECT id FROM orders WHERE status = 'PENDING_APPROVAL' AND settled_at IS NULL AND id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(|id| OrderId::from(id).to_string()).collect())
    }

    async fn latest(&self, entities: &[String]) -> Result<Vec<(String, i64)>, Error> {
        let ids: Vec<Uuid> = entities.iter().filter_map(|e| e.parse::<OrderId>().ok()).map(OrderId::uuid).collect();
        let rows: Vec<(Uuid, i64)> =
            sqlx::query_as("-- entities.latest\nSELECT id, seq FROM orders WHERE id = ANY($1)")
                .bind(ids)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(id, seq)| (OrderId::from(id).to_string(), seq)).collect())
    }

    async fn measure(&self) -> Result<(), Error> {
        crate::metrics::delayed(&super::journal::delayed(&self.pool).await?);
        service::metrics::standing(&self.pool, "oms_orders", "orders", crate::metrics::under_way()).await
    }
}
