//! The inventory service against a real Postgres and a real Temporal. Run with
//! `cargo xtask test -- -p inventory@0.1.0`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod adjust;
mod encryption;
mod expiry;
mod harness;
mod idempotency;
mod lists;
mod metrics;
mod model;
mod movements;
mod outage;
mod replaying;
mod reserve;
mod saga;
mod statistics;
mod steps;
mod webhooks;
