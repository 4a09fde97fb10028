//! What the order system needs around it on a developer's machine: an embedded Postgres, a Temporal dev server, the
//! pinned Go tools, and a supervisor that runs these and the services, keeps their logs and ends with them.
//!
//! `cargo xtask` is the command line over this crate. Tests that need a server of their own (to stop it, or to delete its
//! data) start one with [`Postgres::start`] or [`Temporal::start`]; tests that only need some server use [`testing`].
//!
//! Every process started here listens on 127.0.0.1 only, and ends with the process that started it, also when that is
//! SIGKILLed (see [`process::Leash`]), unless it was started detached.

pub mod account;
pub mod cache;
pub mod certs;
pub mod client;
pub mod console;
pub mod database;
mod error;
pub mod health;
pub mod issuer;
pub mod jaeger;
pub mod layout;
pub mod node;
pub mod openid;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod progress;
pub mod prometheus;
pub mod python;
pub mod supervisor;
pub mod system;
pub mod temporal;
pub mod testing;
pub mod tools;

pub use error::{Error, Result};
pub use health::Health;
pub use issuer::Issuer;
pub use jaeger::Jaeger;
pub use layout::Layout;
pub use openid::OpenId;
pub use ports::Ports;
pub use postgres::Postgres;
pub use process::{Server, Spec, section};
pub use progress::Progress;
pub use prometheus::Prometheus;
pub use temporal::Temporal;
