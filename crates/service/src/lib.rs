//! What the orders, payments and inventory services share.
//!
//! - [`start`], [`config`], [`cli`], [`telemetry`], [`shutdown`]: start and stop of a process
//! - [`health`]: asking a process that runs whether it serves
//! - [`metrics`]: what a process says of itself
//! - [`db`], [`migrations`]: the pool, the schema, and which database errors are worth waiting for
//! - [`error`]: faults every service can have, and their gRPC form
//! - [`idempotency`]: a repeated request gets the first reply
//! - [`malformed`]: messages that can't be read
//! - [`outbox`]: from a committed change to a woken workflow
//! - [`drive`]: the loop every workflow runs
//! - [`watch`], [`feed`], [`paging`]: streams of one entity and of all, and lists
//! - [`statistics`]: figures over a window of time
//! - [`limits`]: what is refused as too much
//! - [`around`]: what is done around each call
//! - [`server`], [`temporal`], [`worker`]: the gRPC server, the connection to Temporal and its worker
//! - [`tls`]: certificates, and who is believed
//! - [`codec`]: what Temporal keeps is encrypted
//! - [`versioning`]: which build of the worker gets Temporal's work

pub mod around;
pub mod cli;
pub mod codec;
pub mod config;
pub mod db;
pub mod deadline;
pub mod drive;
pub mod error;
pub mod feed;
pub mod health;
pub mod idempotency;
pub mod limits;
pub mod malformed;
pub mod metrics;
pub mod migrations;
pub mod outbox;
pub mod paging;
pub mod server;
pub mod shutdown;
pub mod start;
pub mod statistics;
pub mod telemetry;
pub mod temporal;
pub mod tls;
pub mod versioning;
pub mod watch;
pub mod worker;

pub use cli::Role;
pub use error::Error;
