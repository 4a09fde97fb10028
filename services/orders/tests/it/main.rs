//! The orders service against real Postgres and Temporal.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;
mod lifecycle;
mod outage;
mod replaying;
mod requests;
mod shelf;
