//! The payments service against real servers: `cargo xtask test -- -p payments`.
//! Each test has a database and a task queue of its own and ends with the audit.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod auditing;
mod charging;
mod double;
mod input;
mod ledger;
mod metrics;
mod model;
mod refunding;
mod repeating;
mod replaying;
mod statistics;
mod stopping;
mod stripe;
mod support;
mod watching;
mod webhooks;
