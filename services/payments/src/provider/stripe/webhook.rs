//! What Stripe tells us unasked: checked against its signature, and only ever taken as
//! a hint to ask.

use crate::config;
use contracts::ids::{PaymentId, RefundId};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use std::time::Duration;
use time::OffsetDateTime;

/// Why an event is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// The header is not of the form `t=…,v1=…`.
    #[error("is not a signature")]
    Malformed,
    /// Nobody who knows the secret has signed this.
    #[error("does not fit the payload")]
    Mismatch,
    /// It was signed too long ago, or in the future: somebody may be repeating it.
    #[error("is too old")]
    Age,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A charge of ours.
    Payment(PaymentId),
    /// A refund of ours.
    Refund(RefundId),
}

/// Checks events.
#[derive(Clone)]
pub struct Webhook {
    secret: SecretString,
    tolerance: Duration,
}

struct Signature<'a> {
    timestamp: &'a str,
    seconds: i64,
    candidates: Vec<[u8; 32]>,
}

impl Webhook {
    /// `None` without a secret: then no event can be believed.
    #[must_use]
    pub fn new(config: &config::Stripe) -> Option<Self> {
        let known = !config.webhook_secret.expose_secret().is_empty();
        known.then(|| Self { secret: config.webhook_secret.clone(), tolerance: config.webhook_tolerance() })
    }

    /// Whether Stripe has sent this, and just now.
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn verify(&self, payload: &[u8], header: &str, now: OffsetDateTime) -> Result<(), Distrust> {
        let signature = parse(header).ok_or(Distrust::Malformed)?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()).map_err(|_| Distrust::Mismatch)?;
        mac.update(signature.timestamp.as_bytes());
        mac.update(b".");
        mac.update(payload);
        // While a secret is being changed there is one signature for each.
        if !signature.candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok()) {
            return Err(Distrust::Mismatch);
        }
        let age = now.unix_timestamp().abs_diff(signature.seconds);
        if age > self.tolerance.as_secs() { Err(Distrust::Age) } else { Ok(()) }
    }
}

/// Reads `t=1492774577,v1=5257a8…,v0=…`. Schemes other than `v1` are not looked at.
fn parse(header: &str) -> Option<Signature<'_>> {
    let mut timestamp = None;
    let mut candidates = Vec::new();
    for part in header.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        match name {
            "t" if timestamp.is_some() => return None,
            "t" => timestamp = Some(value),
            "v1" => candidates.extend(hex(value)),
            _ => {}
        }
    }
    let timestamp = timestamp?;
    let seconds = timestamp.parse().ok()?;
    (!candidates.is_empty()).then_some(Signature { timestamp, seconds, candidates })
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Which of our payments or refunds an event names. `None`: none; there are many kinds
/// of events, and other programs may use the account.
#[must_use]
pub fn subject(payload: &[u8]) -> Option<Subject> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "type")]
        kind: String,
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        payment_id: Option<String>,
        refund_id: Option<String>,
    }
    let event: Event = serde_json::from_slice(payload).ok()?;
    let Metadata { payment_id, refund_id } = event.data.object.metadata;
    match event.kind.split_once('.')?.0 {
        "payment_intent" => Some(Subject::Payment(payment_id?.parse().ok()?)),
        "refund" | "charge" => Some(match refund_id {
            Some(id) => Subject::Refund(id.parse().ok()?),
            None => Subject::Payment(payment_id?.parse().ok()?),
        }),
        _ => None,
    }
}
