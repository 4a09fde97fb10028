//! Tells registered endpoints of a service's notifications, in the form of
//! [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! A trigger writes a row of `webhook_deliveries` for each endpoint in the transaction of the notification itself, so
//! none is ever missing. [`spawn`] sends what is due, under a lease, until the endpoint has taken it or the last
//! attempt has failed. The tables are the same in each service's schema.

pub mod address;
pub mod api;
pub mod config;
pub mod error;
pub mod schedule;
pub mod signature;
pub mod target;

mod client;
mod deliver;
mod metrics;
mod store;
mod vault;

pub use api::Api;
pub use config::Config;
pub use deliver::spawn;
pub use error::Error;
pub use metrics::{announce, notified};

use time::OffsetDateTime;

/// A kind of notification: as the service stores it, and as receivers know it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// In the column `kind`, for example `ORDER_APPROVED`.
    pub stored: &'static str,
    /// The event type, for example `order.approved`.
    pub told: &'static str,
}

/// What is told of one notification.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Its row.
    pub id: i64,
    /// When it happened.
    pub at: OffsetDateTime,
    /// The facts, the same each time it is read: what is sent again must not differ.
    pub data: serde_json::Value,
    /// The trace in which the entity that it is about was made, if that is recorded.
    pub traceparent: Option<String>,
}

/// The notifications of a service.
#[tonic::async_trait]
pub trait Source: Send + Sync + 'static {
    /// Every kind there is.
    fn kinds(&self) -> &'static [Kind];

    /// Reads these notifications, in any order.
    async fn read(&self, ids: &[i64]) -> Result<Vec<Notification>, service::Error>;
}

/// The event type of a stored kind.
fn told<'a>(kinds: &'static [Kind], stored: &'a str) -> &'a str {
    kinds.iter().find(|kind| kind.stored == stored).map_or(stored, |kind| kind.told)
}
