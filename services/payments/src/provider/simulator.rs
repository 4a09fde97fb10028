//! A provider that exists only here.
//!
//! What it does with a key is decided by the seed, the key and the method, or forced
//! by a test token (see [`super::script`]). It writes what it did into books of its
//! own, in a transaction of its own, before it answers: so a repeated key gets the
//! first outcome, after a restart too, and the audit can look for what was charged twice.
//!
//! An ordinary token is neither stored nor looked at.

use super::script::{Act, Script};
use super::{Charge, PayBack, Provider, parts};
use crate::config;
use crate::domain::{Method, Outcome};
use contracts::Money;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use std::time::Duration;

const SLOW: Duration = Duration::from_millis(1_500);

/// The simulated provider.
#[derive(Clone)]
pub struct Simulator {
    pool: PgPool,
    config: config::Simulator,
}

/// What was done with a key the first time.
#[derive(sqlx::FromRow)]
struct Effect {
    outcome: String,
    reason: String,
    reference: Option<String>,
    calls: i32,
}

/// An effect to be recorded unless the key has one.
struct Entry<'a> {
    key: &'a str,
    kind: &'static str,
    amount: Money,
    outcome: Outcome,
    script: Option<&'a str>,
}

impl Simulator {
    /// With books in this database.
    #[must_use]
    pub const fn new(pool: PgPool, config: config::Simulator) -> Self {
        Self { pool, config }
    }

    fn decide(&self, key: &str, method: Method, act: Option<Act>) -> Outcome {
        match act {
            Some(Act::Decline) => return declined(),
            Some(Act::Transient(n)) if parts(key).1 <= n => return not_done(),
            Some(_) => return Outcome::Done { reference: self.reference(key) },
            None => {}
        }
        if self.config.random {
            let (transient, success) = self.draws(key);
            if transient < self.config.transient_rate {
                return not_done();
            }
            if success >= self.config.rate(method) {
                return declined();
            }
        }
        Outcome::Done { reference: self.reference(key) }
    }

    fn hash(&self, purpose: u8, key: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.config.seed.to_le_bytes())
            .chain_update([purpose])
            .chain_update(key)
            .finalize()
            .into()
    }

    /// Two numbers from 0 to below 1.
    fn draws(&self, key: &str) -> (f64, f64) {
        let hash = self.hash(0, key);
        let draw = |at: usize| {
            let bits = hash[at..at + 4].iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            f64::from(bits) / 2_f64.powi(32)
        };
        (draw(0), draw(4))
    }

    fn reference(&self, key: &str) -> String {
        let hex: String = self.hash(1, key)[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sim_{hex}")
    }

    /// One statement: the first call of a key records the effect, a later one counts itself.
    async fn record(&self, entry: Entry<'_>) -> Result<Effect, sqlx::Error> {
        let (outcome, reason, reference) = match &entry.outcome {
            Outcome::Done { reference } => ("SUCCEEDED", "", Some(reference.as_str())),
            Outcome::Declined { reason } => ("DECLINED", reason.as_str(), None),
            Outcome::NotDone { reason } | Outcome::Unknown { reason } => ("NOT_DONE", reason.as_str(), None),
        };
        sqlx::query_as(
            "-- simulator.record\nINSERT INTO simulator_effects (key, kind, subject, currency, amount_minor, outcome, reason, reference, script)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (key) DO UPDATE SET calls = simulator_effects.calls + 1
             RETURNING outcome, reason, reference, calls",
        )
        .bind(entry.key)
        .bind(entry.kind)
        .bind(parts(entry.key).0)
        .bind(entry.amount.currency().code())
        .bind(entry.amount.minor())
        .bind(outcome)
        .bind(reason)
        .bind(reference)
        .bind(entry.script)
        .fetch_one(&self.pool)
        .await
    }

    async fn answer(&self, entry: Entry<'_>, act: Option<Act>) -> Outcome {
        let effect = match self.record(entry).await {
            Ok(effect) => effect,
            Err(error) => return unknown(format!("the provider can't be reached: {error}")),
        };
        match act {
            Some(Act::LoseReplies(n)) if effect.calls <= n => return unknown("the provider's reply was lost"),
            Some(Act::Timeout) if effect.calls == 1 => std::future::pending().await,
            Some(Act::Slow) => tokio::time::sleep(SLOW).await,
            _ => {}
        }
        match (effect.outcome.as_str(), effect.reference) {
            ("SUCCEEDED", Some(reference)) => Outcome::Done { reference },
            ("DECLINED", _) => Outcome::Declined { reason: effect.reason },
            ("NOT_DONE", _) => Outcome::NotDone { reason: effect.reason },
            (outcome, _) => unknown(format!("the provider answered {outcome}")),
        }
    }

    /// The script of a charge: a refund is told by its charge alone what to do.
    async fn script_of(&self, charge: &str) -> Result<Option<Option<String>>, sqlx::Error> {
        sqlx::query_scalar(
            "-- simulator.script_of\nSELECT script FROM simulator_effects WHERE reference = $1 AND kind = 'CHARGE'",
        )
        .bind(charge)
        .fetch_optional(&self.pool)
        .await
    }
}

#[tonic::async_trait]
impl Provider for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    async fn charge(&self, charge: &Charge) -> Outcome {
        let token = charge.token.as_ref().map(|token| token.0.as_str());
        let script = token.and_then(|token| token.parse::<Script>().ok());
        let act = script.filter(|script| !script.refunds).map(|script| script.act);
        let entry = Entry {
            key: &charge.key,
            kind: "CHARGE",
            amount: charge.amount,
            outcome: self.decide(&charge.key, charge.method, act),
            script: script.and(token),
        };
        self.answer(entry, act).await
    }

    async fn refund(&self, refund: &PayBack) -> Outcome {
        let script = match self.script_of(&refund.charge).await {
            Ok(Some(script)) => script,
            Ok(None) => return Outcome::Declined { reason: "there is no such charge".to_owned() },
            Err(error) => return unknown(format!("the provider can't be reached: {error}")),
        };
        let script = script.and_then(|token| token.parse::<Script>().ok());
        let act = script.filter(|script| script.refunds).map(|script| script.act);
        let entry = Entry {
            key: &refund.key,
            kind: "REFUND",
            amount: refund.amount,
            outcome: self.decide(&refund.key, refund.method, act),
            script: None,
        };
        self.answer(entry, act).await
    }
}

fn declined() -> Outcome {
    Outcome::Declined { reason: "declined by the provider".to_owned() }
}

fn not_done() -> Outcome {
    Outcome::NotDone { reason: "the provider is busy".to_owned() }
}

fn unknown(reason: impl Into<String>) -> Outcome {
    Outcome::Unknown { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use strum::VariantArray as _;

    fn simulator(random: bool, seed: u64) -> Simulator {
        let config = config::Simulator { random, seed, ..Config::load(None).unwrap().simulator };
        Simulator::new(PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap(), config)
    }

    #[tokio::test]
    async fn everything_succeeds_unless_asked_for_otherwise() {
        for n in 0..200 {
            let outcome = simulator(false, n).decide(&format!("pay_{n}/1"), Method::EWallet, None);
            assert!(matches!(outcome, Outcome::Done { .. }));
        }
    }

    #[tokio::test]
    async fn rates_are_met_and_repeatable() {
        let simulator = simulator(true, 7);
        for &method in Method::VARIANTS {
            let keys: Vec<String> = (0..4_000).map(|n| format!("pay_{n}/1")).collect();
            let outcomes: Vec<_> = keys.iter().map(|key| simulator.decide(key, method, None)).collect();
            let part = |f: fn(&Outcome) -> bool| outcomes.iter().filter(|o| f(o)).count() as f64 / 4_000.0;
            let transient = part(|o| matches!(o, Outcome::NotDone { .. }));
            let done = part(|o| matches!(o, Outcome::Done { .. }));
            assert!((transient - 0.3).abs() < 0.03, "{method}: {transient}");
            assert!((done / (1.0 - transient) - simulator.config.rate(method)).abs() < 0.03, "{method}: {done}");
            assert!(keys.iter().zip(&outcomes).all(|(key, o)| simulator.decide(key, method, None) == *o));
        }
    }

    #[tokio::test]
    async fn scripts_go_by_the_attempt() {
        let simulator = simulator(true, 1);
        let transient = |attempt| simulator.decide(&format!("pay_1/{attempt}"), Method::Cash, Some(Act::Transient(2)));
        assert!(matches!(transient(2), Outcome::NotDone { .. }));
        assert!(matches!(transient(3), Outcome::Done { .. }));
    }
}
