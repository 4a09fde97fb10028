//! What receivers are told of payments and refunds.

use contracts::ids::{PaymentId, RefundId};
use contracts::{Currency, Money};
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;
use webhooks::{Kind, Notification, Source};

const KINDS: [Kind; 5] = [
    kind("PAYMENT_COMPLETED", "payment.completed"),
    kind("PAYMENT_FAILED", "payment.failed"),
    kind("PAYMENT_CANCELLED", "payment.cancelled"),
    kind("REFUND_COMPLETED", "refund.completed"),
    kind("REFUND_FAILED", "refund.failed"),
];

const fn kind(stored: &'static str, told: &'static str) -> Kind {
    Kind { stored, told }
}

/// The notifications, each with the event it tells of, which never changes.
#[derive(Clone)]
pub struct Notifications {
    /// The service's pool.
    pub pool: PgPool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: OffsetDateTime,
    payment_id: Uuid,
    order_id: String,
    seq: i64,
    status: String,
    reason: String,
    refund_id: Option<Uuid>,
    currency: String,
    /// Of the refund, else of the payment.
    amount_minor: i64,
    traceparent: Option<String>,
}

#[tonic::async_trait]
impl Source for Notifications {
    fn kinds(&self) -> &'static [Kind] {
        &KINDS
    }

    async fn read(&self, ids: &[i64]) -> Result<Vec<Notification>, service::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "-- notifications.read\nSELECT n.id, e.at, n.payment_id, p.order_id, n.seq, e.status, e.reason, r.id AS refund_id, p.currency, p.traceparent,
                coalesce(r.amount_minor, p.amount_minor) AS amount_minor
             FROM notifications n
             JOIN payment_events e ON e.payment_id = n.payment_id AND e.seq = n.seq
             JOIN payments p ON p.id = n.payment_id
             LEFT JOIN refunds r ON r.id = e.refund_id
             WHERE n.id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(told).collect()
    }
}

fn told(row: Row) -> Result<Notification, service::Error> {
    let currency: Currency = row.currency.parse().map_err(service::Error::internal)?;
    let mut data = json!({
        "payment_id": PaymentId::from(row.payment_id).to_string(),
        "order_id": row.order_id,
        "sequence": row.seq,
        "status": row.status,
        "reason": row.reason,
        "amount": Money::new(currency, row.amount_minor).to_decimal(),
        "currency": row.currency,
    });
    if let Some(refund) = row.refund_id {
        data["refund_id"] = RefundId::from(refund).to_string().into();
    }
    Ok(Notification { id: row.id, at: row.at, data, traceparent: row.traceparent })
}
