//! The section `[webhooks]` of a service's configuration.

use crate::schedule::Schedule;
use ipnet::IpNet;
use serde::Deserialize;
use std::time::Duration;

/// How notifications are sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whether targets may be `http://`.
    pub allow_http: bool,
    /// Networks that are allowed as targets although they are not public.
    pub allowed_networks: Vec<IpNet>,
    /// Longest time of one attempt, in milliseconds.
    pub timeout_ms: u64,
    /// Pauses after the first failed attempt, the second, …, in seconds. After one attempt more it is given up.
    pub retry_s: Vec<u64>,
    /// How often it is looked for what is due, in milliseconds.
    pub poll_interval_ms: u64,
    /// Attempts at one endpoint at one time.
    pub at_once: u32,
    /// How long deliveries that ended are kept, in days; at least 1.
    pub keep_days: u32,
}

impl Config {
    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) const fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms)
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule::new(self.retry_s.iter().copied().map(Duration::from_secs).collect())
    }
}
