//! What a service says of its notifications, and of those who are told.

use crate::Source;
use crate::store::{self, EndpointState};
use ::metrics::{Counter, Histogram, SharedString, counter, gauge, histogram};
use sqlx::PgPool;
use std::time::Duration;
use strum::VariantArray as _;
use tokio_util::sync::CancellationToken;

/// How often the database is asked.
const LOOK: Duration = Duration::from_secs(5);

/// Shows every kind at 0, so that the first of any is seen as an increase.
pub fn announce(source: &dyn Source) {
    source.kinds().iter().for_each(|kind| notifications(kind.stored).increment(0));
}

/// A notification was written, of this stored kind.
pub fn notified(kind: impl Into<SharedString>) {
    notifications(kind).increment(1);
}

fn notifications(kind: impl Into<SharedString>) -> Counter {
    counter!("oms_notifications_total", "kind" => kind.into())
}

/// How attempts at endpoints ended.
pub(crate) struct Attempts {
    pub(crate) delivered: Counter,
    pub(crate) retried: Counter,
    pub(crate) failed: Counter,
    /// From the notification to its delivery, in seconds.
    pub(crate) took: Histogram,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        let counter = |outcome: &'static str| counter!("oms_webhook_attempts_total", "outcome" => outcome);
        Self {
            delivered: counter("delivered"),
            retried: counter("retried"),
            failed: counter("failed"),
            took: histogram!("oms_webhook_delivery_seconds"),
        }
    }
}

/// Shows the endpoints, and how late the deliveries are, until `stop`.
pub(crate) async fn watch(pool: PgPool, stop: CancellationToken) {
    let late = gauge!("oms_webhook_oldest_due_seconds");
    while !stop.is_cancelled() {
        match store::standing(&pool).await {
            Ok(standing) => {
                late.set(standing.oldest_due);
                for state in EndpointState::VARIANTS {
                    let endpoints = standing.endpoints.get(state).copied().unwrap_or_default();
                    gauge!("oms_webhook_endpoints", "state" => <&str>::from(state)).set(endpoints as f64);
                }
            }
            Err(error) => tracing::debug!(%error, "webhooks: database not available"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
