//! What an order is and what may happen to it. No IO.

pub mod approval;
pub mod journal;
pub mod order;
pub mod private;
pub mod rules;
pub mod status;

pub use approval::Policy;
pub use journal::{Due, Entry, Journal, JournalState, StepName};
pub use order::{Event, EventKind, Line, NewOrder, Order, PaymentMethod};
pub use private::Private;
pub use status::{Command, Status};
