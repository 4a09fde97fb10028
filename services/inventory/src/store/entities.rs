//! What the outbox and the watches ask about reservations.

use super::Store;
use contracts::ids::ReservationId;
use service::Error;
use service::outbox::Entities;
use uuid::Uuid;

#[tonic::async_trait]
impl Entities for Store {
    fn workflow_type(&self, _entity: &str) -> &'static str {
        crate::workflow::RESERVATION
    }

    async fn needs_driver(&self, entity: &str) -> Result<bool, Error> {
        let id: ReservationId = entity.parse().map_err(Error::internal)?;
        let found: Option<bool> =
            sqlx::query_scalar("-- entities.needs_driver\nSELECT settled_at IS NULL FROM reservations WHERE id = $1")
                .bind(id.uuid())
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.unwrap_or(false))
    }

    /// A reserved one waits for its caller or its timer, unless the timer is overdue.
    async fn stale(&self, seconds: i64, limit: i64) -> Result<Vec<String>, Error> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "-- entities.stale\nSELECT id FROM reservations WHERE settled_at IS NULL AND updated_at < now() - make_interval(secs => $1)
             AND (status <> 'RESERVED' OR expires_at < now() - make_interval(secs => $1))
             ORDER BY updated_at LIMIT $2",
        )
        .bind(seconds as f64)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(|id| ReservationId::from(id).to_string()).collect())
    }

    async fn waiting(&self, after: &str, limit: i64) -> Result<Vec<String>, Error> {
        let after = after.parse::<ReservationId>().map_or(Uuid::nil(), ReservationId::uuid);
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "-- entities.waiting\nSELECT id FROM reservations WHERE status = 'RESERVED' AND settled_at IS NULL AND id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(|id| ReservationId::from(id).to_string()).collect())
    }

    async fn latest(&self, entities: &[String]) -> Result<Vec<(String, i64)>, Error> {
        let ids: Vec<Uuid> =
            entities.iter().filter_map(|e| e.parse::<ReservationId>().ok()).map(ReservationId::uuid).collect();
        let rows: Vec<(Uuid, i64)> =
            sqlx::query_as("-- entities.latest\nSELECT id, seq FROM reservations WHERE id = ANY($1)")
                .bind(ids)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(id, seq)| (ReservationId::from(id).to_string(), seq)).collect())
    }

    async fn measure(&self) -> Result<(), Error> {
        service::metrics::standing(&self.pool, "oms_reservations", "reservations", crate::metrics::under_way()).await
    }
}
