//! Configuration of the inventory service; `config.default.toml` documents it.

use privacy::Encryption;
use serde::Deserialize;
use service::config;
use service::limits::Limits;
use std::path::Path;

/// The compiled-in defaults.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gRPC port.
    pub server: config::Server,
    /// Who may call.
    pub auth: config::Auth,
    /// Certificates, and who is believed.
    pub tls: service::tls::Config,
    /// What is refused as too much.
    pub limits: Limits,
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
    /// The keys of the system.
    pub encryption: Encryption,
    /// The log.
    pub log: config::Log,
    /// What is particular to reservations.
    pub reservation: Reservation,
}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A missing file, an unknown key, or a value that can't be used.
    pub fn load(file: Option<&Path>) -> Result<Self, config::Error> {
        let config: Self = config::load(DEFAULTS, file)?;
        config::keys(&config.encryption)?;
        Ok(config)
    }
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
