//! Configuration of the inventory service; `config.default.toml` documents it.

use serde::Deserialize;
use service::config;

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
    /// Who is told of notifications.
    pub webhooks: webhooks::Config,
    /// What the process says of itself.
    pub metrics: config::Metrics,
    /// Where spans go.
    pub traces: config::Traces,
    /// The log.
    pub log: config::Log,
    /// What is particular to reservations.
    pub reservation: Reservation,
}

/// What is particular to reservations.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// Reserved stock is given back after so many seconds.
    pub hold_s: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config: Config = config::load(DEFAULTS, None).unwrap();
        assert_eq!(config.reservation.hold_s, 3_600);
        assert_eq!(config.temporal.task_queue, "inventory");
        assert_eq!(config.server.listen.port(), 50_053);
    }
}
