//! Stripe as the provider: against stripe-mock, which checks requests as Stripe describes them,
//! and against a double that fails in every way that matters.

use crate::double::{self, Double, SECRET};
use crate::support::{Stage, payment, reason};
use contracts::payments as proto;
use contracts::payments::PaymentStatus::{Completed, Failed, Processing};
use hmac::{Hmac, Mac as _};
use payments::config::ProviderKind;
use serde_json::{Value, json};
use service::Role;
use sha2::Sha256;
use stack::progress::Progress;
use stack::tools::Tool;
use std::process::Stdio;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tonic::{Code, Status};

const WEBHOOK: &str = "whsec_double";

async fn stage(url: &str) -> Stage {
    Stage::with(Role::All, |config| {
        config.provider.kind = ProviderKind::Stripe;
        config.stripe.secret_key = SECRET.into();
        config.stripe.base_url = url.to_owned();
        config.stripe.webhook_secret = WEBHOOK.into();
    })
    .await
}

/// The real mock on a port of its own. Its intents are not charged unless its fixture says so.
async fn stripe_mock(status: &str) -> (Child, String) {
    let program = Tool::StripeMock.path(&Progress::silent()).await.unwrap();
    let fixture = std::env::temp_dir().join(format!("stripe-{}.json", uuid::Uuid::now_v7().simple()));
    let intent = json!({"id": "pi_1", "object": "payment_intent", "amount": 1, "currency": "usd", "status": status,
        "metadata": {}, "livemode": false, "created": 1, "confirmation_method": "automatic",
        "capture_method": "automatic", "payment_method_types": ["card"],
        "last_payment_error": {"type": "card_error", "code": "card_declined"}});
    let refund = json!({"id": "re_1", "object": "refund", "amount": 1, "currency": "usd", "status": "succeeded",
        "metadata": {}, "created": 1});
    std::fs::write(&fixture, json!({"resources": {"payment_intent": intent, "refund": refund}}).to_string()).unwrap();
    let mut mock = Command::new(program)
        .args(["-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0", "-fixtures"])
        .arg(&fixture)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(mock.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("stripe-mock ended");
        if let Some(address) = line.strip_prefix("Listening for HTTP at address: ") {
            break address.to_owned();
        }
    };
    std::fs::remove_file(&fixture).unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (mock, format!("http://{address}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_mock_takes_charges_and_refunds_as_they_are_asked_for() {
    let (_mock, url) = stripe_mock("succeeded").await;
    let stage = stage(&url).await;
    let payment = stage.charged("pm_card_visa").await;
    assert!(payment.provider_reference.starts_with("pi_"), "{}", payment.provider_reference);
    let refund = stage.refund(&payment.payment_id, Some(250)).await.unwrap();
    let refund = stage.until_refund(&refund, "completed").await;
    assert!(refund.provider_reference.starts_with("re_"), "{}", refund.provider_reference);
    assert_eq!(stage.balance().await, 1_000);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stripe_mock_leaves_without_a_method_is_declined() {
    let (_mock, url) = stripe_mock("requires_payment_method").await;
    let stage = stage(&url).await;
    let payment = stage.create("pm_card_visa").await;
    assert_eq!(stage.until(&payment.payment_id, Failed).await.reason, "card_declined");
    stage.audit().await;
}

/// Charges by this method and returns the payment at its end.
async fn ends(method: &str, status: proto::PaymentStatus) -> (Stage, Double, proto::Payment) {
    let double = Double::start().await;
    let stage = stage(&double.url).await;
    let payment = stage.create(method).await;
    let payment = stage.until(&payment.payment_id, status).await;
    assert_eq!(payment.attempts, 1, "the same key all the time");
    assert_eq!(double.books.borrow().calls.len(), 1);
    (stage, double, payment)
}

/// Charged exactly once there, booked exactly once here.
async fn charged_once(method: &str, requests: u32) {
    let (stage, double, payment) = ends(method, Completed).await;
    {
        let books = double.books.borrow();
        assert_eq!((books.intents.len(), books.charged(), books.requests()), (1, 1, requests), "{method}");
        assert_eq!(books.intents[0]["id"], payment.provider_reference.as_str());
        assert_eq!(books.intents[0]["metadata"]["payment_id"], payment.payment_id.as_str());
    }
    assert_eq!(stage.balance().await, 1_250);
    assert_eq!(stage.count("SELECT count(*) FROM payments p WHERE p::text LIKE '%pm\\_%'").await, 0, "no token");
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_charges_once_whatever_is_lost() {
    charged_once("pm_card_visa", 1).await;
    charged_once("pm_lost", 2).await;
    charged_once("pm_slow", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_is_asked_again_while_it_is_busy_or_away() {
    charged_once("pm_busy", 2).await;
    charged_once("pm_in_use", 2).await;
    charged_once("pm_away", 2).await;
}

/// The 500 is replayed for a day, so the second one leads to a search.
#[tokio::test(flavor = "multi_thread")]
async fn a_charge_behind_a_stored_500_is_found_at_stripe() {
    charged_once("pm_error_after", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_payer_would_have_to_confirm_is_cancelled_at_stripe() {
    let (stage, double, payment) = ends("pm_action", Failed).await;
    assert_eq!(payment.reason, "ACTION_REQUIRED");
    assert_eq!(double.books.borrow().intents[0]["status"], "canceled", "nothing can be charged later");
    assert_eq!(stage.balance().await, 0);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_declines_a_card_with_its_code() {
    let (stage, double, payment) = ends("pm_declined", Failed).await;
    assert_eq!((payment.reason.as_str(), double.books.borrow().charged()), ("insufficient_funds", 0));
    let untold = stage.create("").await;
    assert_eq!(stage.until(&untold.payment_id, Failed).await.reason, "TOKEN_REQUIRED");
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_refunds_once_whatever_is_lost() {
    let double = Double::start().await;
    let stage = stage(&double.url).await;
    let payment = stage.charged("pm_card_visa").await;
    for (amount, word) in [(100, "completed"), (101, "completed"), (102, "completed"), (103, "failed")] {
        let refund = stage.refund(&payment.payment_id, Some(amount)).await.unwrap();
        let refund = stage.until_refund(&refund, word).await;
        assert_eq!(refund.attempts, 1, "{amount}");
    }
    let amounts: Vec<Value> = double.books.borrow().refunds.iter().map(|refund| refund["amount"].clone()).collect();
    assert_eq!(amounts, [100, 101, 102]);
    assert_eq!(stage.balance().await, 1_250 - 303);
    stage.audit().await;
}

async fn event(stage: &Stage, payload: &Value, at: OffsetDateTime, secret: &str) -> Result<(), Status> {
    let payload = payload.to_string().into_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.", at.unix_timestamp()).as_bytes());
    mac.update(&payload);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("t={},v1={hex}", at.unix_timestamp());
    let request = proto::HandleProviderEventRequest { payload, signature };
    stage.client.clone().handle_provider_event(request).await.map(drop)
}

fn about(payment: &proto::Payment) -> Value {
    json!({"type": "payment_intent.succeeded", "data": {"object": {"metadata": {"payment_id": payment.payment_id}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_stripe_makes_the_payment_ask_at_once() {
    let double = Double::start().await;
    let stage = stage(&double.url).await;
    let payment = stage.create("pm_processing").await;
    double.until(|books| books.requests() == 1).await;
    // As if the provider had been asked for hours: the next time is far away.
    let paused = "UPDATE payments SET repeats = 9, next_attempt_at = now() + interval '1 hour' WHERE repeats > 0";
    while sqlx::query(paused).execute(&stage.db).await.unwrap().rows_affected() == 0 {}
    double.change(|books| books.intents[0]["status"] = json!("succeeded"));
    let now = OffsetDateTime::now_utc();
    let refused = event(&stage, &about(&payment), now, "whsec_other").await.unwrap_err();
    assert_eq!(reason(&refused, ""), (Code::InvalidArgument, "EVENT_SIGNATURE".to_owned(), String::new()));
    let old = event(&stage, &about(&payment), now - time::Duration::hours(1), WEBHOOK).await.unwrap_err();
    assert_eq!(old.code(), Code::InvalidArgument);
    assert_eq!(stage.get(&payment.payment_id).await.status(), Processing);
    event(&stage, &about(&payment), now, WEBHOOK).await.unwrap();
    stage.until(&payment.payment_id, Completed).await;
    // Again, of other kinds, and about what is not ours: taken, and nothing happens.
    event(&stage, &about(&payment), now, WEBHOOK).await.unwrap();
    event(&stage, &json!({"type": "invoice.paid", "data": {"object": {}}}), now, WEBHOOK).await.unwrap();
    let unknown = proto::Payment { payment_id: contracts::ids::PaymentId::new().to_string(), ..Default::default() };
    event(&stage, &about(&unknown), now, WEBHOOK).await.unwrap();
    assert_eq!(double.books.borrow().charged(), 1);
    stage.audit().await;
}

/// A key that Stripe may have forgotten is never used again, even when nothing is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_key_is_not_repeated_at_stripe() {
    let double = Double::start().await;
    let stage = stage(&double.url).await;
    let payment = stage.try_create(payment("pm_vanish")).await.unwrap();
    double.until(|books| books.requests() == 1).await;
    // While the first request is still waiting for its answer.
    sqlx::query("UPDATE payments SET updated_at = now() - interval '23 hours'").execute(&stage.db).await.unwrap();
    double.until(|books| books.searches == 1).await;
    assert_eq!(stage.get(&payment.payment_id).await.status(), Processing);
    let key = format!("{}/1", payment.payment_id);
    double.change(|books| books.intents.push(double::intent(&key, 1_250, "succeeded")));
    event(&stage, &about(&payment), OffsetDateTime::now_utc(), WEBHOOK).await.unwrap();
    stage.until(&payment.payment_id, Completed).await;
    assert_eq!((double.books.borrow().requests(), stage.balance().await), (1, 1_250));
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_no_event_is_taken() {
    let stage = Stage::new().await;
    let refused = event(&stage, &json!({}), OffsetDateTime::now_utc(), "").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused, "").1.as_str()), (Code::FailedPrecondition, "PROVIDER_EVENTS_OFF"));
    stage.audit().await;
}
