//! All SQL of the orders service.
//!
//! A change is one statement: a compare-and-set on the status, the event with the
//! next sequence number (assigned under the row lock), the notification, and the
//! outbox row where a workflow has to act.

pub mod audit;
mod changes;
pub(crate) mod customers;
mod entities;
mod erase;
mod insert;
pub mod journal;
mod list;
mod look;
mod notifications;
mod parcels;
mod read;
mod row;
mod statistics;
mod write;

pub use changes::{Changes, Listed};
pub use erase::{Erased, Erasure, erase};
pub use insert::insert;
pub use list::{Filter, Search, list};
pub use look::{Look, look};
pub use notifications::Notifications;
pub use parcels::{Parcel, deliver, ship};
pub use read::{events_after, find, lines, timeline};
pub use row::StoredOrder;
pub use statistics::{Figures, Step, statistics};
pub use write::{Change, Changed, change, lock, overdue, retry_validation, validated};

/// The migrations of the schema.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Who causes what no caller asked for.
pub const SYSTEM: &str = "system";

/// Reads for the outbox and the watches.
#[derive(Clone)]
pub struct Store {
    /// The service's pool.
    pub pool: sqlx::PgPool,
    /// Opens what is sealed of orders.
    pub personal: crate::Personal,
}
