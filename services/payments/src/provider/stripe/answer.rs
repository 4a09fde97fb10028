//! What Stripe's answers mean. Nothing is sent from here.
//!
//! Definite is only what Stripe itself said about this very request. Its reasons are
//! kept as codes: the texts may quote the payer's token.

use super::api::Answer;
use crate::domain::Outcome;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The payer would have to do something, and is not there.
pub const ACTION_REQUIRED: &str = "ACTION_REQUIRED";
/// Why we cancel an intent at Stripe; it tells our cancellations from others.
pub const ABANDONED: &str = "abandoned";

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This is the outcome.
    Is(Outcome),
    /// The intent waits for the payer: cancel it, so that it can't be charged later.
    Cancel(String),
    /// The answer is an old one of something that was not at its end: look at it as it is now.
    Retrieve(String),
    /// The key tells nothing any more: look for what it made.
    LookUp,
}

/// A payment intent.
#[derive(Debug, Deserialize)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    status: String,
    amount: i64,
    currency: String,
    cancellation_reason: Option<String>,
    last_payment_error: Option<Fault>,
    /// Ours.
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub struct Refund {
    /// `re_…` or `pyr_…`
    pub id: String,
    status: Option<String>,
    amount: i64,
    failure_reason: Option<String>,
    /// Ours.
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// A page of a list or of a search.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    /// What was found.
    pub data: Vec<T>,
    /// Whether there is more.
    pub has_more: bool,
}

/// What was asked for, in Stripe's words.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// In Stripe's units.
    pub units: i64,
    /// In lower case.
    pub currency: &'a str,
}

#[derive(Debug, Default, Deserialize)]
struct Fault {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    payment_intent: Option<Box<Intent>>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Fault,
}

/// Reads a good answer's body.
#[must_use]
pub fn body<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    answer.status.is_success().then(|| serde_json::from_slice(&answer.body).ok()).flatten()
}

/// What an answer to a charge means.
#[must_use]
pub fn charge(answer: &Answer, asked: Asked<'_>) -> Step {
    if answer.status.is_success() {
        return match body::<Intent>(answer) {
            Some(intent) => self::intent(&intent, asked, answer.replayed),
            None => unclear("an answer that can't be understood"),
        };
    }
    match refused(answer) {
        // The intent says more than the refusal, for instance that an earlier request has charged it.
        Ok(Fault { payment_intent: Some(found), .. }) if found.status != "requires_payment_method" => {
            intent(&found, asked, answer.replayed)
        }
        Ok(fault) => declined(fault.reason()),
        Err(step) => step,
    }
}

/// What an answer to the cancellation of an intent means. A refusal alone says nothing
/// about the charge; the intent that comes with it does.
#[must_use]
pub fn cancelled(answer: &Answer, asked: Asked<'_>) -> Step {
    let found = body::<Intent>(answer).or_else(|| {
        let refusal = serde_json::from_slice::<Refusal>(&answer.body).ok()?;
        refusal.error.payment_intent.map(|found| *found)
    });
    found.map_or_else(|| unclear("an answer that can't be understood"), |found| intent(&found, asked, false))
}

/// What an intent's state means.
#[must_use]
pub fn intent(intent: &Intent, asked: Asked<'_>, old: bool) -> Step {
    if !intent.id.starts_with("pi_") || intent.amount != asked.units || intent.currency != asked.currency {
        return unclear("a payment intent that is not what was asked for");
    }
    match intent.status.as_str() {
        "succeeded" => Step::Is(Outcome::Done { reference: intent.id.clone() }),
        "requires_action" | "requires_confirmation" => Step::Cancel(intent.id.clone()),
        "requires_payment_method" => {
            declined(intent.last_payment_error.as_ref().map_or_else(String::new, Fault::reason))
        }
        "canceled" if intent.cancellation_reason.as_deref() == Some(ABANDONED) => declined(ACTION_REQUIRED.to_owned()),
        "canceled" => declined("CANCELLED_AT_PROVIDER".to_owned()),
        "processing" if old => Step::Retrieve(intent.id.clone()),
        "processing" => unclear("the provider is still processing the charge"),
        _ => unclear("a state of the charge that is not known here"),
    }
}

/// What an answer to a refund means.
#[must_use]
pub fn refund(answer: &Answer, units: i64) -> Step {
    if answer.status.is_success() {
        return match body::<Refund>(answer) {
            Some(refund) => self::state(&refund, units, answer.replayed),
            None => unclear("an answer that can't be understood"),
        };
    }
    match refused(answer) {
        Ok(fault) => declined(fault.reason()),
        Err(step) => step,
    }
}

/// What a refund's state means.
#[must_use]
pub fn state(refund: &Refund, units: i64, old: bool) -> Step {
    if refund.id.is_empty() || refund.amount != units {
        return unclear("a refund that is not what was asked for");
    }
    match refund.status.as_deref() {
        Some("succeeded") => Step::Is(Outcome::Done { reference: refund.id.clone() }),
        Some("failed" | "canceled") => declined(refund.failure_reason.clone().unwrap_or_default()),
        Some("pending" | "requires_action") if old => Step::Retrieve(refund.id.clone()),
        Some("pending" | "requires_action") => unclear("the provider is still processing the refund"),
        _ => unclear("a state of the refund that is not known here"),
    }
}

/// A definite refusal, or what else an error means.
fn refused(answer: &Answer) -> Result<Fault, Step> {
    let fault = serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| refusal.error).ok();
    let kind = fault.as_ref().and_then(|fault| fault.kind.clone()).unwrap_or_default();
    match (answer.status.as_u16(), fault) {
        // The key came with other fields before: what came of those is not told.
        (_, Some(_)) if kind == "idempotency_error" && answer.status != 409 => Err(Step::LookUp),
        (400 | 402 | 404, Some(fault)) if ["card_error", "invalid_request_error"].contains(&kind.as_str()) => Ok(fault),
        // Not the payer's fault, and for a person to put right; the charge waits for it.
        (401 | 403, _) => Err(unclear("the provider does not accept our key")),
        (409, _) => Err(unclear("an earlier request with the key is still running")),
        (429, _) => Err(unclear("the provider is busy")),
        // Under this key the same comes for a day, whatever has become of the charge since.
        (500.., _) if answer.replayed => Err(Step::LookUp),
        (status, _) => Err(unclear(&format!("the provider answered {status}"))),
    }
}

impl Fault {
    fn reason(&self) -> String {
        let code = self.decline_code.as_ref().or(self.code.as_ref());
        match code {
            Some(code) if code == "authentication_required" => ACTION_REQUIRED.to_owned(),
            Some(code) => code.clone(),
            None => self.kind.clone().unwrap_or_default(),
        }
    }
}

pub(super) fn declined(reason: String) -> Step {
    let reason = if reason.is_empty() { "declined by the provider".to_owned() } else { reason };
    Step::Is(Outcome::Declined { reason })
}

pub(super) fn unclear(reason: &str) -> Step {
    Step::Is(Outcome::Unknown { reason: reason.to_owned() })
}
