//! Configuration of the payments service; `config.default.toml` documents it.

use crate::domain::Method;
use privacy::Encryption;
use secrecy::{ExposeSecret as _, SecretString};
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
    /// What may be refunded.
    pub refund: Refund,
    /// Who moves the money.
    pub provider: Provider,
    /// The simulated provider.
    pub simulator: Simulator,
    /// The real one.
    pub stripe: Stripe,
}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A missing file, an unknown key, or a value that can't be used.
    pub fn load(file: Option<&Path>) -> Result<Self, config::Error> {
        let config: Self = config::load(DEFAULTS, file)?;
        config.simulator.check()?;
        config::keys(&config.encryption)?;
        if config.provider.kind == ProviderKind::Stripe {
            config.stripe.check()?;
        }
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

/// Who moves the money.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Which of the two.
    pub kind: ProviderKind,
}

/// A payment provider.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Exists only here, and moves nothing.
    Simulator,
    /// Moves money, with a live key.
    Stripe,
}

/// How Stripe is asked, and believed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    /// `sk_…` or `rk_…`
    pub secret_key: SecretString,
    /// Where its API is.
    pub base_url: String,
    /// `whsec_…`; without it no event is believed.
    pub webhook_secret: SecretString,
    /// An event that was signed longer ago is not believed, in seconds.
    pub webhook_tolerance_s: u32,
}

impl Stripe {
    /// An event that was signed longer ago is not believed.
    #[must_use]
    pub fn webhook_tolerance(&self) -> Duration {
        Duration::from_secs(u64::from(self.webhook_tolerance_s))
    }

    fn check(&self) -> Result<(), config::Error> {
        let invalid = |what: &str| Err(config::Error::Invalid(what.to_owned()));
        if self.secret_key.expose_secret().trim().is_empty() {
            return invalid("stripe.secret_key is empty, and provider.kind is stripe");
        }
        let uri = self.base_url.parse::<http::Uri>().ok();
        let (scheme, host) = uri.as_ref().map_or((None, None), |uri| (uri.scheme_str(), uri.host()));
        match (scheme, host) {
            (Some("https"), Some(_)) | (Some("http"), Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(()),
            // The key would be readable on the way.
            (Some("http"), Some(_)) => invalid("stripe.base_url: http only to this machine; use https"),
            _ => invalid("stripe.base_url is not of the form https://host"),
        }
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
    fn stripe_needs_a_key_and_a_safe_way() {
        let stripe = |key: &str, url: &str| {
            let secret_key = key.into();
            let stripe = Stripe { secret_key, base_url: url.to_owned(), ..Config::load(None).unwrap().stripe };
            stripe.check().map_err(|error| error.to_string())
        };
        assert!(stripe("", "https://api.stripe.com").unwrap_err().contains("stripe.secret_key is empty"));
        assert_eq!(stripe("sk_test_1", "https://api.stripe.com"), Ok(()));
        assert_eq!(stripe("sk_test_1", "http://127.0.0.1:12111"), Ok(()));
        for url in ["http://api.stripe.com", "", "api.stripe.com", "ftp://host"] {
            assert!(stripe("sk_secret_1", url).unwrap_err().contains("stripe.base_url"), "{url}");
        }
        let config = Config {
            stripe: Stripe { secret_key: "sk_live_9".into(), ..Config::load(None).unwrap().stripe },
            ..Config::load(None).unwrap()
        };
        assert!(!format!("{config:?}").contains("sk_live_9"));
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
