//! What receivers are told of orders.

use crate::domain::{Private, Status};
use crate::personal::Personal;
use contracts::ids::OrderId;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;
use webhooks::{Kind, Notification, Source};

const KINDS: [Kind; 13] = [
    kind("ORDER_PENDING_APPROVAL", "order.pending_approval"),
    kind("ORDER_APPROVAL_OVERDUE", "order.approval_overdue"),
    kind("ORDER_APPROVED", "order.approved"),
    kind("ORDER_PAYMENT_PENDING", "order.payment_pending"),
    kind("ORDER_PAYMENT_COMPLETED", "order.payment_completed"),
    kind("ORDER_PROCESSING", "order.processing"),
    kind("ORDER_SHIPPED", "order.shipped"),
    kind("ORDER_DELIVERED", "order.delivered"),
    kind("ORDER_VALIDATION_PENDING", "order.validation_pending"),
    kind("ORDER_VALIDATION_FAILED", "order.validation_failed"),
    kind("ORDER_AUTO_REJECTED", "order.auto_rejected"),
    kind("ORDER_REJECTED", "order.rejected"),
    kind("ORDER_CANCELLED", "order.cancelled"),
];

const fn kind(stored: &'static str, told: &'static str) -> Kind {
    Kind { stored, told }
}

/// Counts one, of an order that came to this status.
pub(super) fn count(status: Status) {
    webhooks::notified(format!("ORDER_{status}"));
}

/// The notifications, each with the event it tells of, which never changes.
#[derive(Clone)]
pub struct Notifications {
    /// The service's pool.
    pub pool: PgPool,
    /// Opens what is sealed.
    pub personal: Personal,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: OffsetDateTime,
    order_id: Uuid,
    seq: i64,
    status: String,
    reason: String,
    traceparent: Option<String>,
}

#[tonic::async_trait]
impl Source for Notifications {
    fn kinds(&self) -> &'static [Kind] {
        &KINDS
    }

    async fn read(&self, ids: &[i64]) -> Result<Vec<Notification>, service::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "-- notifications.read\nSELECT n.id, e.at, n.order_id, n.seq, e.status, e.reason, o.traceparent
             FROM notifications n JOIN order_events e ON e.order_id = n.order_id AND e.seq = n.seq JOIN orders o ON o.id = n.order_id
             WHERE n.id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        let mut told: Vec<(Row, Private<String>)> = rows.into_iter().map(Row::reason).collect();
        let words = told.iter_mut().map(|(row, reason)| (row.order_id.into(), reason)).collect();
        self.personal.show_words(&self.pool, words).await?;
        Ok(told.into_iter().map(notification).collect())
    }
}

impl Row {
    fn reason(mut self) -> (Self, Private<String>) {
        let reason = Private::stored(std::mem::take(&mut self.reason));
        (self, reason)
    }
}

fn notification((row, reason): (Row, Private<String>)) -> Notification {
    let order_id = OrderId::from(row.order_id).to_string();
    let data = json!({ "order_id": order_id, "sequence": row.seq, "status": row.status, "reason": reason.text() });
    Notification { id: row.id, at: row.at, data, traceparent: row.traceparent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    #[test]
    fn every_status_is_told() {
        // An order that was just created is known to whoever created it.
        for status in Status::VARIANTS.iter().filter(|status| **status != Status::Created) {
            let stored = format!("ORDER_{status}");
            assert!(KINDS.iter().any(|kind| kind.stored == stored), "{stored}");
        }
    }
}
