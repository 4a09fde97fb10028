//! All SQL of the inventory service.
//!
//! Whoever changes stock first locks its rows in the order of product and location,
//! and before them the reservation's row, if there already is one. So no two
//! transactions wait for each other.

mod adjust;
pub mod audit;
mod decide;
mod effects;
mod entities;
mod movements;
mod notifications;
mod products;
mod read;
mod reserve;
mod restock;
mod row;
mod saga;
mod statistics;

pub use adjust::adjust;
pub use decide::{Decision, decide, expire, settle};
pub use effects::{Effects, Notice};
pub use movements::{MovementFilter, movements};
pub use notifications::Notifications;
pub use products::{ProductFilter, list_products, products};
pub use read::{Filter, events_after, find, list, timeline};
pub use reserve::{NewReservation, Reserved, reserve};
pub use restock::restock;
pub use saga::{Journal, Progress, Site, complete, hold, progress, undo};
pub use statistics::{Figures, statistics};

/// The migrations of the schema.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Who causes what no caller asked for.
pub const SYSTEM: &str = "system";

/// Reads for the outbox and the watches.
#[derive(Clone)]
pub struct Store {
    /// The service's pool.
    pub pool: sqlx::PgPool,
}
