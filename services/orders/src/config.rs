//! Configuration of the orders service; `config.default.toml` documents it.

use serde::Deserialize;
use service::config;
use std::time::Duration;

/// The compiled-in defaults.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gRPC port.
    pub server: config::Server,
    /// The service's own schema.
    pub database: config::Database,
    /// The Temporal server and the worker.
    pub temporal: config::Temporal,
    /// From a committed change to a woken workflow.
    pub outbox: config::Outbox,
    /// The log.
    pub log: config::Log,
    /// The inventory service.
    pub inventory: Inventory,
    /// The payments service.
    pub payments: Payments,
    /// The validator's own failures.
    pub validation: Validation,
    /// What follows an approval.
    pub fulfilment: Fulfilment,
}

/// Where products are looked up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// `http://host:port`.
    pub address: String,
    /// Deadline of a look-up, in milliseconds.
    pub deadline_ms: u64,
    /// How long a known product is remembered, in seconds.
    pub cache_s: u64,
}

/// Where payments are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// `http://host:port`.
    pub address: String,
}

/// What follows an approval.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fulfilment {
    /// Deadline of a call to another service, in milliseconds.
    pub deadline_ms: u64,
    /// How long a charge is watched before a timer takes over, in milliseconds.
    pub patience_ms: u64,
}

/// How often and when the validator is tried again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Definite failures before the order is rejected.
    pub attempts: i32,
    /// Pause after the first failure, in milliseconds; doubled each time.
    pub first_retry_ms: u64,
    /// Longest pause, in milliseconds.
    pub longest_retry_ms: u64,
}

impl Validation {
    /// The pause after so many failures.
    #[must_use]
    pub fn pause(&self, failures: i32) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1).clamp(0, 16)).unwrap_or_default();
        let pause = self.first_retry_ms.saturating_mul(1 << doublings);
        Duration::from_millis(pause.min(self.longest_retry_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config: Config = config::load(DEFAULTS, None).unwrap();
        assert_eq!(config.validation.pause(1), Duration::from_secs(2));
        assert_eq!(config.validation.pause(2), Duration::from_secs(4));
        assert_eq!(config.validation.pause(9), Duration::from_secs(30));
    }
}
