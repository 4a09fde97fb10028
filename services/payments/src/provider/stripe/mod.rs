//! Stripe: payment intents and refunds over its HTTP API.
//!
//! A charge is one request that makes an intent and confirms it, under the attempt's
//! key. Stripe gives the first answer to a repeated key again, for at least a day.
//! After that a repetition would charge anew, so it is not made: the charge is looked
//! for by our metadata, and stays unknown until it is found.

pub mod amount;
pub mod answer;
pub mod api;
pub mod webhook;

#[cfg(test)]
mod tests;

use super::{Charge, PayBack, Provider, parts};
use crate::config;
use crate::domain::{Method, Outcome};
use answer::{ABANDONED, Asked, Intent, Page, Refund, Step};
use api::{Answer, Api, Form};
use std::time::Duration;

/// So long a key is repeated. Stripe keeps keys for 24 hours at least.
pub const KEY_LIFE: Duration = Duration::from_secs(22 * 3_600);
/// After so long nothing that was sent under a key can still take effect.
pub const KEY_OVER: Duration = Duration::from_secs(26 * 3_600);
/// The key of an attempt, in the metadata of what it makes.
const ATTEMPT: &str = "attempt_key";

/// The real provider.
#[derive(Clone)]
pub struct Stripe {
    api: Api,
}

impl Stripe {
    /// Connects when it is first used.
    ///
    /// # Errors
    /// A key that can't be sent, or no TLS.
    pub fn new(config: &config::Stripe) -> Result<Self, api::Unusable> {
        Ok(Self { api: Api::new(config)? })
    }

    async fn make_intent(&self, charge: &Charge, asked: Asked<'_>, token: &str) -> Step {
        let units = asked.units.to_string();
        let form = [
            ("amount", units.as_str()),
            ("currency", asked.currency),
            ("payment_method", token),
            ("confirm", "true"),
            // Nobody is there to be sent to another page.
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            ("metadata[payment_id]", parts(&charge.key).0),
            ("metadata[attempt_key]", &charge.key),
        ];
        match self.api.post("/v1/payment_intents", &form.to_vec(), Some(&charge.key)).await {
            Ok(answer) => answer::charge(&answer, asked),
            Err(broken) => answer::unclear(&broken.to_string()),
        }
    }

    /// What an attempt has made, by its metadata. Stripe's search lags behind, so finding
    /// nothing proves nothing: the charge is never repeated because of it.
    async fn find_intent(&self, key: &str, asked: Asked<'_>) -> Step {
        let query = format!("metadata['{ATTEMPT}']:'{key}'");
        let found: Option<Page<Intent>> = self.get("/v1/payment_intents/search", &vec![("query", &query)]).await;
        let mut found = found.map(|page| page.data).unwrap_or_default();
        found.retain(|intent| intent.metadata.get(ATTEMPT).is_some_and(|of| of == key));
        match found.as_slice() {
            // As it was when it was indexed.
            [intent] => self.find_state(&intent.id, asked).await,
            [] => {
                tracing::error!(key, "the key is used up and no charge was found; look for it at the provider");
                answer::unclear("the key is used up, and no charge was found at the provider")
            }
            _ => answer::unclear("more than one charge under one key at the provider"),
        }
    }

    async fn find_state(&self, id: &str, asked: Asked<'_>) -> Step {
        match self.get::<Intent>(&format!("/v1/payment_intents/{id}"), &Form::new()).await {
            Some(intent) => answer::intent(&intent, asked, false),
            None => answer::unclear("the charge can't be looked at"),
        }
    }

    /// Makes sure that nothing is charged once the payer acts after all.
    async fn cancel(&self, id: &str, asked: Asked<'_>) -> Outcome {
        let path = format!("/v1/payment_intents/{id}/cancel");
        let answered = self.api.post(&path, &vec![("cancellation_reason", ABANDONED)], None).await;
        match answered.map(|answer| answer::cancelled(&answer, asked)) {
            Ok(Step::Is(outcome)) => outcome,
            _ => Outcome::Unknown { reason: "the charge that waits for the payer could not be cancelled".to_owned() },
        }
    }

    async fn make_refund(&self, refund: &PayBack, units: i64) -> Step {
        let amount = units.to_string();
        let form = [
            ("payment_intent", refund.charge.as_str()),
            ("amount", &amount),
            ("metadata[refund_id]", parts(&refund.key).0),
            ("metadata[attempt_key]", &refund.key),
        ];
        match self.api.post("/v1/refunds", &form.to_vec(), Some(&refund.key)).await {
            Ok(answer) => answer::refund(&answer, units),
            Err(broken) => answer::unclear(&broken.to_string()),
        }
    }

    /// What an attempt has paid back. Unlike a search, the list of an intent's refunds is
    /// up to date, so an attempt that can't take effect any more and is not in it was not done.
    async fn find_refund(&self, refund: &PayBack, units: i64) -> Step {
        let query = vec![("payment_intent", refund.charge.as_str()), ("limit", "100")];
        let Some(page) = self.get::<Page<Refund>>("/v1/refunds", &query).await else {
            return answer::unclear("the refunds of the charge can't be looked at");
        };
        let of_attempt = |found: &&Refund| found.metadata.get(ATTEMPT).is_some_and(|of| *of == refund.key);
        match page.data.iter().find(of_attempt) {
            Some(found) => answer::state(found, units, false),
            None if !page.has_more && refund.asked.is_some_and(|age| age >= KEY_OVER) => {
                Step::Is(Outcome::NotDone { reason: "the provider never heard of it".to_owned() })
            }
            None => answer::unclear("no refund was found at the provider"),
        }
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str, query: &Form<'_>) -> Option<T> {
        let answer: Answer = self.api.get(path, query).await.ok()?;
        answer::body(&answer)
    }
}

#[tonic::async_trait]
impl Provider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn charge(&self, charge: &Charge) -> Outcome {
        // These refusals depend on the payment alone, so no earlier call can have got further.
        let units = match amount::units(charge.amount) {
            Ok(units) => units,
            Err(unfit) => return declined(<&str>::from(unfit)),
        };
        let Some(token) = charge.token.as_ref().filter(|_| charge.method != Method::Cash) else {
            return declined(if charge.method == Method::Cash { "METHOD_NOT_SUPPORTED" } else { "TOKEN_REQUIRED" });
        };
        let currency = charge.amount.currency().code().to_lowercase();
        let asked = Asked { units, currency: &currency };
        let step = match charge.asked {
            Some(age) if age >= KEY_LIFE => Step::LookUp,
            _ => self.make_intent(charge, asked, &token.0).await,
        };
        let step = match step {
            Step::LookUp => self.find_intent(&charge.key, asked).await,
            Step::Retrieve(id) => self.find_state(&id, asked).await,
            step => step,
        };
        match step {
            Step::Is(outcome) => outcome,
            Step::Cancel(id) => self.cancel(&id, asked).await,
            Step::Retrieve(_) | Step::LookUp => undecided(),
        }
    }

    async fn refund(&self, refund: &PayBack) -> Outcome {
        let units = match amount::units(refund.amount) {
            Ok(units) => units,
            Err(unfit) => return declined(<&str>::from(unfit)),
        };
        if !refund.charge.starts_with("pi_") {
            return declined("NOT_CHARGED_HERE");
        }
        let step = match refund.asked {
            Some(age) if age >= KEY_LIFE => Step::LookUp,
            _ => self.make_refund(refund, units).await,
        };
        let step = match step {
            Step::LookUp => self.find_refund(refund, units).await,
            Step::Retrieve(id) => match self.get::<Refund>(&format!("/v1/refunds/{id}"), &Form::new()).await {
                Some(found) => answer::state(&found, units, false),
                None => answer::unclear("the refund can't be looked at"),
            },
            step => step,
        };
        match step {
            Step::Is(outcome) => outcome,
            Step::Cancel(_) | Step::Retrieve(_) | Step::LookUp => undecided(),
        }
    }
}

fn declined(reason: &str) -> Outcome {
    Outcome::Declined { reason: reason.to_owned() }
}

fn undecided() -> Outcome {
    Outcome::Unknown { reason: "what the provider says leads nowhere".to_owned() }
}
