//! What is refused as too much, before it costs anything. `docs/LIMITS.md` is for those who run it.
//!
//! - [`Class`]: what is refused first
//! - [`Gate`], [`shed`]: so many requests at one time, and none that would wait for too long
//! - [`callers`]: so many calls and watches of one caller
//! - [`connection`]: clients that take their time
//! - [`Reason`]: what the caller is told

pub mod callers;
mod class;
pub mod connection;
mod gate;
mod held;
mod rates;
mod refused;
pub mod shed;
mod watches;

pub use class::{CARRIES_ON, Class, carries_on, is_watch};
pub use gate::{Gate, Inside};
pub use held::Held;
pub(crate) use refused::announce;
pub use refused::{Reason, Refused, told_after};

use crate::outbox::Pressure;
use connection::{Door, Patience};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;

/// The limits of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests at one time: new work gets half of it, reads three quarters.
    pub in_flight: usize,
    /// New work that would wait longer for its turn at the database is refused, a read after twice this time, in
    /// milliseconds.
    pub wait_ms: u64,
    /// Calls of one caller to one method.
    pub caller: Quota,
    /// The same for methods that have their own, by name.
    pub methods: HashMap<String, Quota>,
    /// Streams of events at one time.
    pub watches: usize,
    /// Of these, of one caller.
    pub watches_per_caller: usize,
    /// Connections at one time.
    pub connections: usize,
    /// A connection without a request yet is let go after this time, in milliseconds.
    pub first_request_ms: u64,
    /// One without a request for so long too, in milliseconds.
    pub idle_ms: u64,
    /// And one whose replies nobody reads, in milliseconds.
    pub stall_ms: u64,
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// In the long run.
    pub per_s: u32,
    /// At once, after a pause.
    pub burst: u32,
}

/// What protects a service.
#[derive(Clone, Debug)]
pub struct Guards {
    /// Who may call.
    pub access: access::Guard,
    /// As configured.
    pub limits: Limits,
    /// New work is refused while too much waits here.
    pub pressure: Pressure,
}

impl Limits {
    const fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }

    pub(crate) fn door(&self) -> Door {
        let patience = Patience {
            first_request: Duration::from_millis(self.first_request_ms),
            idle: Duration::from_millis(self.idle_ms),
            stall: Duration::from_millis(self.stall_ms),
        };
        Door::new(self.connections, patience)
    }
}

#[cfg(test)]
impl Limits {
    /// Small ones.
    pub(crate) fn of_tests() -> Self {
        Self {
            in_flight: 16,
            wait_ms: 1_000,
            caller: Quota { per_s: 1, burst: 2 },
            methods: HashMap::new(),
            watches: 3,
            watches_per_caller: 2,
            connections: 16,
            first_request_ms: 1_000,
            idle_ms: 1_000,
            stall_ms: 1_000,
        }
    }
}
