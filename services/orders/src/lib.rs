//! The orders service: accepts orders and carries each to its end.
//!
//! [`api`] answers requests, [`workflow`] and [`activities`] carry orders on,
//! [`store`] holds the truth, [`domain`] the rules.

pub mod activities;
pub mod api;
pub mod catalogue;
pub mod config;
pub mod domain;
pub mod error;
pub mod process;
pub mod store;
pub mod workflow;

pub use error::Error;
pub use process::run;
