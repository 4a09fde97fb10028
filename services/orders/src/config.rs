//! Configuration of the orders service; `config.default.toml` documents it.

use crate::Personal;
use crate::domain::Policy;
use contracts::{Currency, Money};
use privacy::Encryption;
use serde::Deserialize;
use service::config;
use service::limits::Limits;
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
    /// The inventory service.
    pub inventory: Inventory,
    /// The payments service.
    pub payments: Payments,
    /// The validator's own failures.
    pub validation: Validation,
    /// Who approves.
    pub approval: Approval,
    /// What follows an approval.
    pub fulfilment: Fulfilment,
}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A missing file, an unknown key, or a value that can't be used.
    pub fn load(file: Option<&Path>) -> Result<Self, config::Error> {
        let config: Self = config::load(DEFAULTS, file)?;
        config.approval.policy()?;
        Personal::new(&config.encryption).map_err(|error| config::Error::Invalid(error.to_string()))?;
        Ok(config)
    }
}

/// Where products are looked up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// `http://host:port` or `https://host:port`.
    pub address: String,
    /// A name that its certificate must have beside the host's; empty: none.
    pub identity: String,
    /// Deadline of a look-up, in milliseconds.
    pub deadline_ms: u64,
    /// How long a known product is remembered, in seconds.
    pub cache_s: u64,
}

/// Where payments are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// `http://host:port` or `https://host:port`.
    pub address: String,
    /// A name that its certificate must have beside the host's; empty: none.
    pub identity: String,
}

/// Who approves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Amounts such as `100.00 USD`; cheaper orders are approved by themselves.
    pub auto_below: Vec<String>,
    /// An order that waits longer is told of, in seconds; 0: never.
    pub deadline_s: u64,
}

impl Approval {
    /// The policy that this asks for.
    ///
    /// # Errors
    /// An amount that is none, or a second one for a currency.
    pub fn policy(&self) -> Result<Policy, config::Error> {
        let fault = |text: &str, why: &str| config::Error::Invalid(format!("approval.auto_below: {text:?} {why}"));
        let mut below: Vec<Money> = Vec::new();
        for text in &self.auto_below {
            let (amount, currency) = text.split_once(' ').ok_or_else(|| fault(text, "is not like \"100.00 USD\""))?;
            let currency: Currency = currency.parse().map_err(|_| fault(text, "has no known currency"))?;
            let amount = Money::parse_decimal(amount, currency)
                .map_err(|error| fault(text, &format!("is no amount: {error}")))?;
            if below.iter().any(|other| other.currency() == currency) {
                return Err(fault(text, "is the second amount in its currency"));
            }
            below.push(amount);
        }
        let deadline = (self.deadline_s > 0).then(|| Duration::from_secs(self.deadline_s));
        Ok(Policy { below, deadline })
    }
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
        let config = Config::load(None).unwrap();
        assert!(!config.approval.policy().unwrap().is_on());
        assert_eq!(config.validation.pause(1), Duration::from_secs(2));
        assert_eq!(config.validation.pause(2), Duration::from_secs(4));
        assert_eq!(config.validation.pause(9), Duration::from_secs(30));
    }

    #[test]
    fn amounts_of_the_approval_policy_are_checked() {
        let policy = |amounts: &[&str]| {
            let auto_below = amounts.iter().map(ToString::to_string).collect();
            Approval { auto_below, deadline_s: 60 }.policy()
        };
        assert_eq!(policy(&["100.00 USD", "9000 JPY"]).unwrap().below.len(), 2);
        for wrong in [&["100"][..], &["1.001 USD"], &["1 XXY"], &["1 USD", "2 USD"]] {
            assert!(policy(wrong).unwrap_err().to_string().contains("approval.auto_below"), "{wrong:?}");
        }
    }
}
