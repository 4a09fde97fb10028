//! The payments service: charges and refunds payments, once each, and keeps the books.
//!
//! [`api`] answers requests, [`workflow`] and [`activities`] carry payments and refunds
//! on, [`provider`] moves the money, [`store`] holds the truth, [`domain`] the rules.

pub mod activities;
pub mod api;
pub mod config;
pub mod domain;
pub mod error;
mod metrics;
pub mod process;
pub mod provider;
pub mod store;
pub mod workflow;

pub use error::Error;
pub use process::run;
