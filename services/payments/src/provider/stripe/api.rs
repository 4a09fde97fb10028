//! Stripe's HTTP API: a form goes out, JSON comes back.
//!
//! The client is hyper's own: [`reqwest`](https://docs.rs/reqwest)'s TLS without `aws-lc` panics in every process
//! that did not install a provider first, tests and tools included.

use crate::config;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, InvalidHeaderValue};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::ExposeSecret as _;
use service::telemetry::outbound;
use std::time::Duration;
use tracing::Instrument as _;

/// What is asked and answered means what this version says, whatever the account's own is.
const VERSION: &str = "2024-06-20";
/// A reply that is longer is not one of Stripe's.
const LONGEST_REPLY: usize = 1024 * 1024;
/// Stripe closes idle connections after a minute; one that is closed while a request
/// goes out costs an unknown outcome.
const IDLE: Duration = Duration::from_secs(30);

/// Fields of a form, in order.
pub type Form<'a> = Vec<(&'a str, &'a str)>;

/// The way to Stripe.
#[derive(Clone)]
pub struct Api {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

/// What Stripe answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Whether it is the stored answer to an earlier request with the same key.
    pub replayed: bool,
    /// JSON, or what it should be.
    pub body: Bytes,
}

/// Why there is no answer. Whether the request had an effect is not known.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It can't be sent.
    #[error("the request can't be made")]
    Request(#[from] http::Error),
    /// No connection, or a broken one.
    #[error("the provider can't be reached")]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The answer broke off, or has no end.
    #[error("the provider's answer broke off")]
    Body,
}

/// Why there is no way to Stripe.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The secret key has characters that no key has.
    #[error("stripe.secret_key can't be sent in a header")]
    Key(#[from] InvalidHeaderValue),
    /// TLS can't be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Api {
    /// Connects when it is first used.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn new(config: &config::Stripe) -> Result<Self, Unusable> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(https);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", config.secret_key.expose_secret()))?;
        authorization.set_sensitive(true);
        Ok(Self { client, base: config.base_url.trim_end_matches('/').to_owned(), authorization })
    }

    /// Changes something; `key` makes it safe to repeat.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn post(&self, path: &str, form: &Form<'_>, key: Option<&str>) -> Result<Answer, Broken> {
        let mut request = self
            .request(Method::POST, format!("{}{path}", self.base))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(path, request.body(Full::from(encode(form)))?).await
    }

    /// Reads something.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn get(&self, path: &str, query: &Form<'_>) -> Result<Answer, Broken> {
        let uri = format!("{}{path}?{}", self.base, encode(query));
        self.send(path, self.request(Method::GET, uri).body(Full::default())?).await
    }

    fn request(&self, method: Method, uri: String) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, self.authorization.clone())
            .header("stripe-version", VERSION)
    }

    async fn send(&self, path: &str, request: Request<Full<Bytes>>) -> Result<Answer, Broken> {
        let span = outbound::http(request.method(), collection(path), request.uri().host().unwrap_or_default());
        let answer = self.exchange(request).instrument(span.clone()).await;
        outbound::http_ended(&span, answer.as_ref().map(|answer| answer.status));
        answer
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Broken> {
        let reply = self.client.request(request).await?;
        let status = reply.status();
        let header = |name| reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let replayed = header("idempotent-replayed") == "true";
        // The body of an error may quote the token; Stripe's own log has all of it under this id.
        tracing::debug!(%status, replayed, request_id = header("request-id"), "stripe answered");
        let body = Limited::new(reply.into_body(), LONGEST_REPLY).collect().await.map_err(|_| Broken::Body)?.to_bytes();
        Ok(Answer { status, replayed, body })
    }
}

/// A path as far as it names nothing of ours: `/v1/payment_intents`.
fn collection(path: &str) -> &str {
    path.match_indices('/').nth(2).map_or(path, |(end, _)| &path[..end])
}

fn encode(fields: &Form<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
