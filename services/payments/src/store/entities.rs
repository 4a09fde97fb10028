//! What the outbox and the watches ask about payments and refunds.

use super::Store;
use crate::workflow::{PAYMENT, REFUND};
use contracts::ids::{PaymentId, RefundId};
use service::Error;
use service::outbox::Entities;
use uuid::Uuid;

fn is_refund(entity: &str) -> bool {
    entity.starts_with(RefundId::PREFIX)
}

#[tonic::async_trait]
impl Entities for Store {
    fn workflow_type(&self, entity: &str) -> &'static str {
        if is_refund(entity) { REFUND } else { PAYMENT }
    }

    async fn needs_driver(&self, entity: &str) -> Result<bool, Error> {
        let (sql, id) = if is_refund(entity) {
            let id: RefundId = entity.parse().map_err(Error::internal)?;
            ("-- entities.needs_driver\nSELECT settled_at IS NULL FROM refunds WHERE id = $1", id.uuid())
        } else {
            let id: PaymentId = entity.parse().map_err(Error::internal)?;
            ("-- entities.needs_driver\nSELECT settled_at IS NULL FROM payments WHERE id = $1", id.uuid())
        };
        let found: Option<bool> = sqlx::query_scalar(sql).bind(id).fetch_optional(&self.pool).await?;
        Ok(found.unwrap_or(false))
    }

    /// Every state that is not settled is active here. One that waits for a provider
    /// that is away is driven, as its next call shows.
    async fn stale(&self, seconds: i64, limit: i64) -> Result<Vec<String>, Error> {
        let rows: Vec<(Uuid, bool)> = sqlx::query_as(
            "-- entities.stale\nSELECT id, refund FROM (
                SELECT id, false AS refund, greatest(updated_at, next_attempt_at) AS moved FROM payments WHERE settled_at IS NULL
                UNION ALL
                SELECT id, true, greatest(updated_at, next_attempt_at) FROM refunds WHERE settled_at IS NULL) unsettled
             WHERE moved < now() - make_interval(secs => $1) ORDER BY moved LIMIT $2",
        )
        .bind(seconds as f64)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let name = |(id, refund)| if refund { RefundId::from(id).to_string() } else { PaymentId::from(id).to_string() };
        Ok(rows.into_iter().map(name).collect())
    }

    async fn latest(&self, entities: &[String]) -> Result<Vec<(String, i64)>, Error> {
        let ids: Vec<Uuid> = entities.iter().filter_map(|e| e.parse::<PaymentId>().ok()).map(PaymentId::uuid).collect();
        let rows: Vec<(Uuid, i64)> =
            sqlx::query_as("-- entities.latest\nSELECT id, seq FROM payments WHERE id = ANY($1)")
                .bind(ids)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(id, seq)| (PaymentId::from(id).to_string(), seq)).collect())
    }

    async fn measure(&self) -> Result<(), Error> {
        service::metrics::standing(&self.pool, "oms_payments", "payments", crate::metrics::under_way()).await
    }
}
