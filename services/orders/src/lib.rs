//! The orders service: accepts orders and carries each to its end.
//!
//! [`api`] answers requests, [`workflow`] and [`activities`] carry orders on,
//! [`store`] holds the truth, [`domain`] the rules, [`saga`] the fulfilment of approved orders,
//! [`personal`] the keys of customers.

pub mod activities;
pub mod api;
pub mod catalogue;
pub mod config;
pub mod domain;
pub mod error;
mod metrics;
pub mod personal;
pub mod process;
pub mod saga;
pub mod store;
pub mod workflow;

pub use error::Error;
pub use personal::Personal;
pub use process::run;
