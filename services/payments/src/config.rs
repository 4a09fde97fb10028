//! Configuration of the payments service; `config.default.toml` documents it.

use crate::domain::Method;
use serde::Deserialize;
use service::config;
use std::path::Path;
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
    /// What may be refunded.
    pub refund: Refund,
    /// The simulated provider.
    pub simulator: Simulator,
}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A missing file, an unknown key, or a value that can't be used.
    pub fn load(file: Option<&Path>) -> Result<Self, config::Error> {
        let config: Self = config::load(DEFAULTS, file)?;
        config.simulator.check()?;
        Ok(config)
    }
}

/// What may be refunded.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How long after its completion a payment can be refunded by hand, in seconds.
    pub window_s: u32,
}

impl Refund {
    /// How long after its completion a payment can be refunded by hand.
    #[must_use]
    pub fn window(self) -> Duration {
        Duration::from_secs(u64::from(self.window_s))
    }
}

/// What the simulated provider does.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// Whether anything but a token makes it fail.
    pub random: bool,
    /// Another seed, other outcomes.
    pub seed: u64,
    /// Part of the attempts that fail without a charge.
    pub transient_rate: f64,
    /// Part of the others that succeeds, by credit card.
    pub credit_card_rate: f64,
    /// The same, by bank transfer.
    pub bank_transfer_rate: f64,
    /// The same, in cash.
    pub cash_rate: f64,
    /// The same, by electronic wallet.
    pub e_wallet_rate: f64,
}

impl Simulator {
    /// The success rate of a method.
    #[must_use]
    pub const fn rate(&self, method: Method) -> f64 {
        match method {
            Method::CreditCard => self.credit_card_rate,
            Method::BankTransfer => self.bank_transfer_rate,
            Method::Cash => self.cash_rate,
            Method::EWallet => self.e_wallet_rate,
        }
    }

    fn check(&self) -> Result<(), config::Error> {
        let rates = [
            ("transient_rate", self.transient_rate),
            ("credit_card_rate", self.credit_card_rate),
            ("bank_transfer_rate", self.bank_transfer_rate),
            ("cash_rate", self.cash_rate),
            ("e_wallet_rate", self.e_wallet_rate),
        ];
        for (name, rate) in rates {
            if !(0.0..=1.0).contains(&rate) {
                return Err(config::Error::Invalid(format!("simulator.{name}: {rate} is not between 0 and 1")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::load(None).unwrap();
        assert!(!config.simulator.random);
        assert_eq!(config.refund.window(), Duration::from_secs(86_400));
    }

    #[test]
    fn rates_are_parts() {
        let mut simulator = Config::load(None).unwrap().simulator;
        simulator.cash_rate = 1.1;
        assert!(simulator.check().unwrap_err().to_string().contains("cash_rate"));
        simulator.cash_rate = f64::NAN;
        assert!(simulator.check().is_err());
    }
}
