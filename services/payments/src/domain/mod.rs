//! What payments and refunds are and what may happen to them. No IO.

pub mod attempt;
pub mod ledger;
pub mod payment;
pub mod refund;
pub mod status;

pub use attempt::{Attempts, Due, Outcome, Verdict};
pub use ledger::{Account, LedgerEntry, Turnover};
pub use payment::{Event, EventKind, Method, NewPayment, Payment, Saga, Token};
pub use refund::{NewRefund, Refund};
pub use status::{PaymentCommand, PaymentStatus, RefundCommand, RefundStatus};
