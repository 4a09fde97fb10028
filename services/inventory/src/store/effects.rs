//! What is left to do once a change is committed.

use crate::domain::Status;
use crate::error::Error;
use contracts::ids::ReservationId;
use service::outbox::Hint;
use service::watch::Hub;
use sqlx::PgConnection;

/// A notification: its row is written with the change, its log line after the commit.
#[derive(Debug)]
pub struct Notice {
    /// `LOW_STOCK` or `RESERVATION_EXPIRED`.
    pub kind: &'static str,
    /// The product or reservation.
    pub subject: String,
    /// In words.
    pub detail: String,
}

/// To be carried out after the commit, and only then.
#[derive(Debug)]
#[must_use = "watchers and workflows wait for it"]
pub struct Effects {
    /// The reservation and its last sequence number.
    pub changed: Option<(ReservationId, i64)>,
    /// The status that it has now, if that is another.
    pub status: Option<Status>,
    /// The outbox row.
    pub hint: Option<Hint>,
    /// The notifications.
    pub notices: Vec<Notice>,
}

impl Effects {
    /// Tells the watchers and the log; returns the row for the outbox.
    pub fn announce(self, hub: &Hub) -> Option<Hint> {
        if let Some((id, sequence)) = self.changed {
            hub.publish(&id.to_string(), sequence);
        }
        if let Some(status) = self.status {
            crate::metrics::became(status);
        }
        for Notice { kind, subject, detail } in &self.notices {
            webhooks::notified(*kind);
            tracing::info!(kind, subject, "notification: {detail}");
        }
        self.hint
    }
}

/// Writes a `LOW_STOCK` for those of the products that are. Called where stock went down.
pub(super) async fn note_low_stock(conn: &mut PgConnection, products: &[&str]) -> Result<Vec<Notice>, Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "-- effects.note_low_stock\nINSERT INTO notifications (kind, product_id, detail)
         SELECT 'LOW_STOCK', product_id, format('%s available', sum(on_hand - held_back - reserved))
         FROM stock WHERE product_id = ANY($1)
         GROUP BY product_id HAVING sum(on_hand - held_back - reserved) < $2
         RETURNING product_id, detail",
    )
    .bind(products)
    .bind(crate::domain::stock::LOW)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(subject, detail)| Notice { kind: "LOW_STOCK", subject, detail }).collect())
}
