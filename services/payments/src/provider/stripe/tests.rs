//! What answers and signatures mean, without a network.

use super::answer::{self, ACTION_REQUIRED, Asked, Step};
use super::api::Answer;
use super::webhook::{Distrust, Subject, Webhook, subject};
use crate::config::{self, Config};
use crate::domain::Outcome;
use contracts::ids::{PaymentId, RefundId};
use hmac::{Hmac, Mac as _};
use http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

const ASKED: Asked<'_> = Asked { units: 1_250, currency: "usd" };

fn answer(status: u16, replayed: bool, body: &Value) -> Answer {
    Answer { status: StatusCode::from_u16(status).unwrap(), replayed, body: body.to_string().into() }
}

fn intent(status: &str) -> Value {
    json!({"id": "pi_1", "status": status, "amount": 1_250, "currency": "usd"})
}

fn charge(status: u16, body: &Value) -> Step {
    answer::charge(&answer(status, false, body), ASKED)
}

fn declined(reason: &str) -> Step {
    answer::declined(reason.to_owned())
}

fn unknown(step: &Step) -> bool {
    matches!(step, Step::Is(Outcome::Unknown { .. }))
}

#[test]
fn an_intents_state_decides() {
    assert_eq!(charge(200, &intent("succeeded")), Step::Is(Outcome::Done { reference: "pi_1".to_owned() }));
    assert_eq!(charge(200, &intent("requires_action")), Step::Cancel("pi_1".to_owned()));
    assert_eq!(charge(200, &intent("requires_confirmation")), Step::Cancel("pi_1".to_owned()));
    assert!(unknown(&charge(200, &intent("processing"))));
    assert!(unknown(&charge(200, &intent("requires_capture"))));
    let replayed = answer::charge(&answer(200, true, &intent("processing")), ASKED);
    assert_eq!(replayed, Step::Retrieve("pi_1".to_owned()), "an old answer never changes");
    for (field, other) in [("amount", json!(1)), ("currency", json!("eur")), ("id", json!("ch_1"))] {
        let mut body = intent("succeeded");
        body[field] = other;
        assert!(unknown(&charge(200, &body)), "{field}");
    }
}

#[test]
fn a_refused_card_is_declined_with_its_code() {
    let error = |code: &str, more: &str| {
        let body = json!({"error": {"type": "card_error", "code": code, "decline_code": more,
            "message": "pm_secret", "payment_intent": intent("requires_payment_method")}});
        charge(402, &body)
    };
    assert_eq!(error("card_declined", "insufficient_funds"), declined("insufficient_funds"));
    assert_eq!(error("card_declined", "authentication_required"), declined(ACTION_REQUIRED));
    assert_eq!(
        charge(402, &json!({"error": {"type": "card_error", "code": "expired_card"}})),
        declined("expired_card")
    );
    let charged = json!({"error": {"type": "card_error", "code": "x", "payment_intent": intent("succeeded")}});
    assert_eq!(charge(402, &charged), Step::Is(Outcome::Done { reference: "pi_1".to_owned() }));
}

#[test]
fn errors_are_definite_only_where_stripe_says_so() {
    let error = |kind: &str, code: &str| json!({"error": {"type": kind, "code": code, "message": "No such pm_secret"}});
    let invalid = error("invalid_request_error", "resource_missing");
    assert_eq!(charge(400, &invalid), declined("resource_missing"));
    assert_eq!(charge(404, &invalid), declined("resource_missing"));
    assert_eq!(charge(400, &error("idempotency_error", "")), Step::LookUp);
    assert!(unknown(&charge(409, &error("idempotency_error", "idempotency_key_in_use"))));
    assert!(unknown(&charge(429, &error("invalid_request_error", "lock_timeout"))));
    assert!(unknown(&charge(401, &invalid)) && unknown(&charge(403, &invalid)));
    assert!(unknown(&charge(400, &json!("a proxy's page"))) && unknown(&charge(404, &json!({}))));
    assert!(unknown(&charge(500, &error("api_error", ""))));
    assert_eq!(answer::charge(&answer(500, true, &json!({})), ASKED), Step::LookUp, "it stays so for a day");
}

#[test]
fn a_cancellation_says_what_became_of_the_charge() {
    let cancelled = |status, body: &Value| answer::cancelled(&answer(status, false, body), ASKED);
    let mut gone = intent("canceled");
    assert_eq!(cancelled(200, &gone), declined("CANCELLED_AT_PROVIDER"));
    gone["cancellation_reason"] = json!("abandoned");
    assert_eq!(cancelled(200, &gone), declined(ACTION_REQUIRED));
    let late = json!({"error": {"type": "invalid_request_error", "payment_intent": intent("succeeded")}});
    assert_eq!(cancelled(400, &late), Step::Is(Outcome::Done { reference: "pi_1".to_owned() }));
    assert!(unknown(&cancelled(404, &json!({"error": {"type": "invalid_request_error"}}))));
}

#[test]
fn a_refunds_state_decides() {
    let refund = |status: &str, old| {
        let body = json!({"id": "re_1", "status": status, "amount": 250, "failure_reason": "lost_or_stolen_card"});
        answer::refund(&answer(200, old, &body), 250)
    };
    assert_eq!(refund("succeeded", false), Step::Is(Outcome::Done { reference: "re_1".to_owned() }));
    assert_eq!(refund("failed", false), declined("lost_or_stolen_card"));
    assert!(unknown(&refund("pending", false)));
    assert_eq!(refund("pending", true), Step::Retrieve("re_1".to_owned()));
    let error = json!({"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}});
    assert_eq!(answer::refund(&answer(400, false, &error), 250), declined("charge_already_refunded"));
}

proptest! {
    /// Whatever a broken or foreign server answers, nothing is taken for a charge or a refusal
    /// but what has Stripe's form.
    #[test]
    fn nonsense_is_never_definite(status in 200_u16..600, replayed: bool, body in prop::collection::vec(any::<u8>(), 0..80)) {
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), replayed, body: body.into() };
        for step in [answer::charge(&answer, ASKED), answer::refund(&answer, 1), answer::cancelled(&answer, ASKED)] {
            prop_assert!(unknown(&step) || step == Step::LookUp, "{step:?}");
        }
    }

    /// One changed byte, of the payload or the time, and it is refused.
    #[test]
    fn only_what_was_signed_is_believed(payload in prop::collection::vec(any::<u8>(), 1..200), at: prop::sample::Index, bit in 0_u8..8) {
        let (webhook, now) = (webhook("whsec_1"), OffsetDateTime::now_utc());
        let header = signed("whsec_1", now, &payload);
        prop_assert_eq!(webhook.verify(&payload, &header, now), Ok(()));
        let mut changed = payload.clone();
        changed[at.index(payload.len())] ^= 1 << bit;
        prop_assert_eq!(webhook.verify(&changed, &header, now), Err(Distrust::Mismatch));
        let later = now + Duration::seconds(1);
        let moved = header.replace(&now.unix_timestamp().to_string(), &later.unix_timestamp().to_string());
        prop_assert_eq!(webhook.verify(&payload, &moved, now), Err(Distrust::Mismatch));
    }

    #[test]
    fn any_header_is_read_or_refused(header in "[ -~]{0,120}") {
        let verified = webhook("whsec_1").verify(&[], &header, OffsetDateTime::now_utc());
        prop_assert!(verified.is_err());
    }
}

fn webhook(secret: &str) -> Webhook {
    let webhook_secret = secret.into();
    Webhook::new(&config::Stripe { webhook_secret, ..Config::load(None).unwrap().stripe }).unwrap()
}

fn signed(secret: &str, at: OffsetDateTime, payload: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.", at.unix_timestamp()).as_bytes());
    mac.update(payload);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={},v1={hex}", at.unix_timestamp())
}

#[test]
fn signatures_are_checked_for_secret_and_age() {
    let (webhook, now) = (webhook("whsec_1"), OffsetDateTime::now_utc());
    let header = signed("whsec_1", now, b"{}");
    assert_eq!(webhook.verify(b"{}", &signed("whsec_2", now, b"{}"), now), Err(Distrust::Mismatch));
    let several = format!("{},v0=00,{}", signed("whsec_2", now, b"{}"), header.split_once(',').unwrap().1);
    assert_eq!(webhook.verify(b"{}", &several, now), Ok(()));
    assert_eq!(webhook.verify(b"{}", &header, now + Duration::seconds(300)), Ok(()));
    assert_eq!(webhook.verify(b"{}", &header, now + Duration::seconds(301)), Err(Distrust::Age));
    assert_eq!(webhook.verify(b"{}", &header, now - Duration::seconds(301)), Err(Distrust::Age));
    for bad in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=zz", &format!("t=1,{header}")] {
        assert_eq!(webhook.verify(b"{}", bad, now), Err(Distrust::Malformed), "{bad}");
    }
    assert!(Webhook::new(&Config::load(None).unwrap().stripe).is_none(), "without a secret nothing is believed");
}

#[test]
fn events_name_what_is_ours() {
    let (payment, refund) = (PaymentId::new(), RefundId::new());
    let of = |kind: &str, metadata: Value| {
        subject(json!({"type": kind, "data": {"object": {"metadata": metadata}}}).to_string().as_bytes())
    };
    let id = payment.to_string();
    assert_eq!(of("payment_intent.succeeded", json!({"payment_id": id})), Some(Subject::Payment(payment)));
    assert_eq!(of("charge.failed", json!({"payment_id": id})), Some(Subject::Payment(payment)));
    assert_eq!(of("refund.updated", json!({"refund_id": refund.to_string()})), Some(Subject::Refund(refund)));
    assert_eq!(of("invoice.paid", json!({"payment_id": id})), None);
    assert_eq!(of("payment_intent.succeeded", json!({"payment_id": "of somebody else"})), None);
    assert_eq!(of("payment_intent.succeeded", json!({})), None);
    assert_eq!(subject(b"not JSON"), None);
}
