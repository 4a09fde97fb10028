//! The orders service: accepts orders and carries each to its end.
//!
//! [`api`] answers requests, [`workflow`] and [`activities`] carry orders on,
//! [`store`] holds the truth, [`domain`] the rules, [`saga`] the fulfilment of approved orders.

pub mod activities;
pub mod api;
pub mod catalogue;
pub mod config;
pub mod domain;
pub mod error;
mod metrics;
pub mod process;
pub mod saga;
pub mod store;
pub mod workflow;

pub use error::Error;
pub use process::run;
