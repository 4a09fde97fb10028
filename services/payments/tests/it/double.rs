//! A double of Stripe that keeps its own books and fails on request.
//!
//! The payment method says what happens to a charge, the amount what happens to a refund. Like
//! the original it stores the first result of a key, 500s included, and replays it.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use testkit::PATIENCE;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const SECRET: &str = "sk_test_double";

/// What the double did.
#[derive(Default)]
pub(crate) struct Books {
    /// All intents, as they are now.
    pub(crate) intents: Vec<Value>,
    /// All refunds.
    pub(crate) refunds: Vec<Value>,
    /// Requests that would make something, by key.
    pub(crate) calls: HashMap<String, u32>,
    /// Searches.
    pub(crate) searches: u32,
    stored: HashMap<String, (u16, Value)>,
}

impl Books {
    /// Intents that were charged.
    pub(crate) fn charged(&self) -> usize {
        self.intents.iter().filter(|intent| intent["status"] == "succeeded").count()
    }

    /// Requests that would make something.
    pub(crate) fn requests(&self) -> u32 {
        self.calls.values().sum()
    }
}

#[derive(Clone)]
pub(crate) struct Double {
    pub(crate) url: String,
    pub(crate) books: watch::Sender<Books>,
}

type Fields = HashMap<String, String>;

impl Double {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let double = Self { url, books: watch::Sender::new(Books::default()) };
        let routes = Router::new()
            .route("/v1/payment_intents", post(make_intent))
            .route("/v1/payment_intents/search", get(search))
            .route("/v1/payment_intents/{id}", get(find_intent))
            .route("/v1/payment_intents/{id}/cancel", post(cancel))
            .route("/v1/refunds", post(make_refund).get(refunds))
            .with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        double
    }

    /// Waits until the books are like this.
    pub(crate) async fn until(&self, fits: impl FnMut(&Books) -> bool) {
        let mut books = self.books.subscribe();
        let waiting = books.wait_for(fits);
        drop(tokio::time::timeout(PATIENCE, waiting).await.expect("what was waited for").unwrap());
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Books)) {
        self.books.send_modify(change);
    }

    /// Answers a key: with what is stored, or with what `make` does; also the number of the call.
    fn once(&self, key: &str, make: impl FnOnce(&mut Books) -> (u16, Value)) -> (u16, Value, bool, u32) {
        let mut answer = None;
        self.change(|books| {
            let calls = books.calls.entry(key.to_owned()).or_default();
            *calls += 1;
            let calls = *calls;
            let (replayed, (status, body)) = match books.stored.get(key) {
                Some(stored) => (true, stored.clone()),
                None => (false, make(books)),
            };
            if !matches!(status, 409 | 429 | 503) {
                books.stored.insert(key.to_owned(), (status, body.clone()));
            }
            answer = Some((status, body, replayed, calls));
        });
        answer.unwrap()
    }
}

pub(crate) fn intent(key: &str, amount: i64, status: &str) -> Value {
    let id = format!("pi_{}", uuid::Uuid::now_v7().simple());
    let payment = key.split('/').next().unwrap();
    json!({"id": id, "object": "payment_intent", "status": status, "amount": amount, "currency": "usd",
        "metadata": {"payment_id": payment, "attempt_key": key}})
}

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "of the double"}})
}

fn reply(status: u16, body: &Value, replayed: bool) -> Response {
    let headers = [("idempotent-replayed", replayed.to_string()), ("content-type", "application/json".to_owned())];
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

/// The connection ends without a reply, and without a word in the test's output.
fn cut() -> ! {
    std::panic::resume_unwind(Box::new("cut"))
}

fn key(headers: &HeaderMap) -> String {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(header("authorization"), format!("Bearer {SECRET}"));
    header("idempotency-key")
}

fn form(body: &str) -> Fields {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

async fn make_intent(State(double): State<Double>, headers: HeaderMap, body: String) -> Response {
    let (key, form) = (key(&headers), form(&body));
    let method = form["payment_method"].clone();
    let amount: i64 = form["amount"].parse().unwrap();
    assert_eq!((form["confirm"].as_str(), form["metadata[attempt_key]"].as_str()), ("true", key.as_str()));
    let before = double.books.borrow().calls.get(&key).copied().unwrap_or_default();
    let (status, body, replayed, calls) = double.once(&key, |books| {
        let mut make = |status| {
            books.intents.push(intent(&key, amount, status));
            books.intents.last().unwrap().clone()
        };
        match method.as_str() {
            "pm_busy" if before < 1 => (429, error("invalid_request_error", "rate_limit")),
            "pm_in_use" if before < 1 => (409, error("idempotency_error", "idempotency_key_in_use")),
            "pm_away" if before < 1 => (503, error("api_error", "")),
            "pm_vanish" => (503, error("api_error", "")),
            "pm_error_after" => {
                make("succeeded");
                (500, error("api_error", ""))
            }
            "pm_declined" => {
                let mut refusal = error("card_error", "card_declined");
                refusal["error"]["decline_code"] = json!("insufficient_funds");
                refusal["error"]["payment_intent"] = make("requires_payment_method");
                (402, refusal)
            }
            "pm_action" => (200, make("requires_action")),
            "pm_processing" => (200, make("processing")),
            _ => (200, make("succeeded")),
        }
    });
    match method.as_str() {
        "pm_lost" if calls == 1 => cut(),
        "pm_slow" if calls == 1 => tokio::time::sleep(Duration::from_millis(2_500)).await,
        // Long enough for the test to do something meanwhile; given up after 2 s.
        "pm_vanish" => std::future::pending().await,
        _ => {}
    }
    reply(status, &body, replayed)
}

async fn search(State(double): State<Double>, Query(query): Query<Fields>) -> Response {
    double.change(|books| books.searches += 1);
    let books = double.books.borrow();
    let asked = |intent: &&Value| {
        query["query"] == format!("metadata['attempt_key']:'{}'", intent["metadata"]["attempt_key"].as_str().unwrap())
    };
    let mut found: Vec<Value> = books.intents.iter().filter(asked).cloned().collect();
    // The index lags behind: it knows that there is something, not how it stands.
    found.iter_mut().for_each(|intent| intent["status"] = json!("processing"));
    reply(200, &json!({"data": found, "has_more": false}), false)
}

async fn find_intent(State(double): State<Double>, Path(id): Path<String>) -> Response {
    let books = double.books.borrow();
    match books.intents.iter().find(|intent| intent["id"] == id) {
        Some(intent) => reply(200, intent, false),
        None => reply(404, &error("invalid_request_error", "resource_missing"), false),
    }
}

async fn cancel(State(double): State<Double>, Path(id): Path<String>, body: String) -> Response {
    double.change(|books| {
        let intent = books.intents.iter_mut().find(|intent| intent["id"] == id).unwrap();
        intent["status"] = json!("canceled");
        intent["cancellation_reason"] = json!(form(&body)["cancellation_reason"]);
    });
    find_intent(State(double), Path(id)).await
}

async fn make_refund(State(double): State<Double>, headers: HeaderMap, body: String) -> Response {
    let (key, form) = (key(&headers), form(&body));
    let amount: i64 = form["amount"].parse().unwrap();
    let (status, body, replayed, calls) = double.once(&key, |books| {
        if amount == 103 {
            return (400, error("invalid_request_error", "charge_disputed"));
        }
        let id = format!("re_{}", uuid::Uuid::now_v7().simple());
        let refund = json!({"id": id, "status": "succeeded", "amount": amount,
            "payment_intent": form["payment_intent"], "metadata": {"attempt_key": key}});
        books.refunds.push(refund.clone());
        if amount == 102 { (500, error("api_error", "")) } else { (200, refund) }
    });
    if amount == 101 && calls == 1 {
        cut();
    }
    reply(status, &body, replayed)
}

async fn refunds(State(double): State<Double>, Query(query): Query<Fields>) -> Response {
    let books = double.books.borrow();
    let of_intent = |refund: &&Value| refund["payment_intent"] == query["payment_intent"].as_str();
    let found: Vec<Value> = books.refunds.iter().filter(of_intent).cloned().collect();
    reply(200, &json!({"data": found, "has_more": false}), false)
}
