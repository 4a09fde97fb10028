//! All SQL of the payments service.
//!
//! A change is one transaction, most often one statement: a compare-and-set on the
//! status and the attempt, the events with the next sequence numbers (assigned under
//! the row lock), the ledger entries, the notification, and the outbox row where a
//! workflow has to act. Whatever locks a payment and one of its refunds locks the
//! payment first.

pub mod audit;
mod charge;
mod entities;
mod ledger;
mod notifications;
mod payback;
mod payment;
mod read;
mod refund;
mod row;
mod statistics;
mod wake;

pub use charge::{ChargeTask, begin, charge_task, completed, failed, repeat, retry};
pub use ledger::ledger;
pub use notifications::Notifications;
pub use payback::{
    PaybackTask, begin as begin_payback, completed as paid_back, failed as payback_failed, payback_task,
    repeat as repeat_payback, retry as retry_payback,
};
pub use payment::{Created, cancel, insert, settle};
pub use read::{PaymentFilter, RefundFilter, events_after, find, find_refund, list, list_refunds, timeline};
pub use refund::{Admitted, admit};
pub use statistics::{Figures, statistics};
pub use wake::wake;

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
