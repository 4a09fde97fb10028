//! Whoever moves the money. Both calls are idempotent by their key: the same key gets
//! the first outcome, however often it is used.

pub mod script;
pub mod simulator;
pub mod stripe;

pub use simulator::Simulator;
pub use stripe::Stripe;

use crate::domain::{Method, Outcome, Token};
use contracts::Money;
use std::time::Duration;

/// A payment provider.
///
/// An implementation answers [`Outcome::Unknown`] whenever it can't be sure: a
/// connection that broke, an answer it does not understand. Only what the provider
/// itself has said counts as definite.
#[tonic::async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Who it is, in traces.
    fn name(&self) -> &'static str;

    /// Takes the money.
    async fn charge(&self, charge: &Charge) -> Outcome;

    /// Gives a part of a charge back, or all of it.
    async fn refund(&self, refund: &PayBack) -> Outcome;
}

/// What to charge.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The idempotency key, `{payment}/{attempt}`.
    pub key: String,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// The provider's token, if the payer gave one.
    pub token: Option<Token>,
    /// How long ago the key was first used; `None`: it is new. Providers forget keys.
    pub asked: Option<Duration>,
}

/// What to give back.
#[derive(Clone, Debug)]
pub struct PayBack {
    /// The idempotency key, `{refund}/{attempt}`.
    pub key: String,
    /// The provider's id of the charge.
    pub charge: String,
    /// How much.
    pub amount: Money,
    /// How it was charged.
    pub method: Method,
    /// How long ago the key was first used; `None`: it is new. Providers forget keys.
    pub asked: Option<Duration>,
}

/// The parts of a key: what it is for, and which attempt.
fn parts(key: &str) -> (&str, i32) {
    match key.rsplit_once('/') {
        Some((subject, attempt)) => (subject, attempt.parse().unwrap_or(1)),
        None => (key, 1),
    }
}
