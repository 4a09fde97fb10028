//! What receivers are told of stock and reservations.

use contracts::ids::ReservationId;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;
use webhooks::{Kind, Notification, Source};

const KINDS: [Kind; 2] = [
    Kind { stored: "LOW_STOCK", told: "stock.low" },
    Kind { stored: "RESERVATION_EXPIRED", told: "reservation.expired" },
];

/// The notifications, which never change.
#[derive(Clone)]
pub struct Notifications {
    /// The service's pool.
    pub pool: PgPool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    created_at: OffsetDateTime,
    product_id: Option<String>,
    reservation_id: Option<Uuid>,
    order_id: Option<String>,
    detail: String,
    traceparent: Option<String>,
}

#[tonic::async_trait]
impl Source for Notifications {
    fn kinds(&self) -> &'static [Kind] {
        &KINDS
    }

    async fn read(&self, ids: &[i64]) -> Result<Vec<Notification>, service::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "-- notifications.read\nSELECT n.id, n.created_at, n.product_id, n.reservation_id, r.order_id, n.detail, r.traceparent
             FROM notifications n LEFT JOIN reservations r ON r.id = n.reservation_id WHERE n.id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(told).collect())
    }
}

fn told(row: Row) -> Notification {
    let data = match row.reservation_id.map(ReservationId::from) {
        Some(id) => json!({ "reservation_id": id.to_string(), "order_id": row.order_id }),
        None => json!({ "product_id": row.product_id, "detail": row.detail }),
    };
    Notification { id: row.id, at: row.created_at, data, traceparent: row.traceparent }
}
