//! The orders service against real Postgres and Temporal.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;
mod fulfilment;
mod lifecycle;
mod limits;
mod lists;
mod matrix;
mod metrics;
mod model;
mod outage;
mod privacy;
mod replaying;
mod requests;
mod shelf;
mod statistics;
mod unwinding;
mod versioning;
mod watching;
mod webhooks;
mod world;
