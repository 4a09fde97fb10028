//! The inventory service: holds stock for orders and keeps the books of every piece.
//!
//! [`api`] answers requests, [`workflow`] and [`activities`] carry reservations on,
//! [`store`] holds the truth, [`domain`] the rules.

pub mod activities;
pub mod api;
pub mod config;
pub mod domain;
pub mod error;
mod metrics;
pub mod process;
pub mod store;
pub mod workflow;

pub use error::Error;
pub use process::run;
