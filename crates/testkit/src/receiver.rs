//! A receiver of webhooks.

use crate::{PATIENCE, Running};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// How a receiver takes a message.
#[derive(Clone, Copy, Debug)]
pub enum Take {
    /// Answers with this status.
    Status(u16),
    /// Answers 503 and asks for so many seconds.
    Later(u64),
    /// Sends the caller elsewhere.
    Redirect(SocketAddr),
    /// Reads it and never answers.
    Hang,
}

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    /// `webhook-id`.
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().expect("an id in ASCII")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The event type.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    /// Whether the reference implementation of Standard Webhooks believes it.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let mut headers = http::HeaderMap::new();
        headers.extend(self.headers.clone());
        Webhook::new(secret).expect("a secret").verify(&self.body, &headers).is_ok()
    }
}

/// A web server on a free port of 127.0.0.1.
pub struct Receiver {
    running: Running,
    orders: Arc<Mutex<VecDeque<Take>>>,
    arrived: mpsc::UnboundedReceiver<Received>,
}

type Desk = (Arc<Mutex<VecDeque<Take>>>, mpsc::UnboundedSender<Received>);

impl Receiver {
    /// Takes the first messages as told, and all others with 200.
    pub async fn start(first: &[Take]) -> Self {
        let orders = Arc::new(Mutex::new(first.iter().copied().collect()));
        let (tell, arrived) = mpsc::unbounded_channel();
        let app = Router::new().route("/hooks", post(take)).with_state((Arc::clone(&orders), tell));
        let running = Running::start(|listener, stop| async move {
            tokio::select! {
                ended = async { axum::serve(listener, app).await } => ended,
                () = stop.cancelled() => Ok(()),
            }
        })
        .await;
        Self { running, orders, arrived }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("{}/hooks", self.running.url())
    }

    /// Its port.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// From now on the next messages are taken so.
    pub fn will(&self, takes: &[Take]) {
        self.orders.lock().expect("no panic").extend(takes);
    }

    /// The next message.
    pub async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.arrived.recv()).await;
        next.expect("no message arrived").expect("the receiver has ended")
    }

    /// What has arrived and was not asked for yet.
    pub fn rest(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).collect()
    }
}

async fn take(State((orders, tell)): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let order = orders.lock().expect("no panic").pop_front().unwrap_or(Take::Status(200));
    let _ = tell.send(Received { headers, body });
    match order {
        Take::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Take::Later(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())]).into_response()
        }
        Take::Redirect(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [("location", format!("http://{to}/hooks"))]).into_response()
        }
        Take::Hang => std::future::pending().await,
    }
}

/// Lets messages go to receivers in a test, and makes retries quick.
pub fn allow(config: &mut webhooks::Config) {
    config.allow_http = true;
    config.allowed_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.poll_interval_ms = 50;
    config.retry_s = vec![0; 9];
}
