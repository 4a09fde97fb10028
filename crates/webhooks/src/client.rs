//! Sends one message to one endpoint.

use crate::config::Config;
use crate::target::{Gate, Target, Unfit};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client as Hyper, Error as Broken};
use hyper_util::rt::TokioExecutor;
use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

const AGENT: &str = concat!("oms-webhooks/", env!("CARGO_PKG_VERSION"));
/// So much of an answer is read, only so that its connection can be used again.
const LONGEST_REPLY: usize = 16 * 1024;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken, with this status.
    Taken(StatusCode),
    /// Refused; perhaps the receiver asked us to wait so long.
    Refused(StatusCode, Option<Duration>),
    /// No answer in time. It may have arrived.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// No connection that can be trusted.
    Tls,
    /// The host can't be found.
    UnknownHost,
    /// The target is not, or no longer, allowed.
    NotAllowed,
}

impl Outcome {
    /// What the receiver answered, if it did.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Taken(status) | Self::Refused(status, _) => Some(*status),
            Self::Timeout | Self::Connection | Self::Tls | Self::UnknownHost | Self::NotAllowed => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken(status) | Self::Refused(status, _) => status.as_str(),
            Self::Timeout => "TIMEOUT",
            Self::Connection => "CONNECTION",
            Self::Tls => "TLS",
            Self::UnknownHost => "UNKNOWN_HOST",
            Self::NotAllowed => "NOT_ALLOWED",
        })
    }
}

/// The way to all endpoints.
#[derive(Clone)]
pub(crate) struct Client {
    http: Hyper<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    gate: Gate,
    timeout: Duration,
}

/// Finds the addresses of a host that are allowed, at the moment of the connection.
#[derive(Clone)]
struct Resolver(Gate);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Unfit;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unfit>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unfit>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let gate = self.0.clone();
        Box::pin(async move { gate.resolve(name.as_str()).await.map(IntoIterator::into_iter) })
    }
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self, rustls::Error> {
        let gate = Gate::new(config);
        let mut connector = HttpConnector::new_with_resolver(Resolver(gate.clone()));
        connector.enforce_http(false);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self { http: Hyper::builder(TokioExecutor::new()).build(https), gate, timeout: config.timeout() })
    }

    /// Redirects are not followed: a receiver that moves is registered anew.
    pub(crate) async fn send(&self, target: &Target, headers: HeaderMap, body: Bytes) -> Outcome {
        // The host may be an address, which no resolver sees; the configuration may have changed.
        if self.gate.check(target).is_err() {
            return Outcome::NotAllowed;
        }
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.uri().clone();
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        request.headers_mut().insert(USER_AGENT, http::HeaderValue::from_static(AGENT));
        let exchange = async {
            let reply = self.http.request(request).await?;
            let outcome = outcome(reply.status(), reply.headers());
            // What it says is nobody's business, and whether it can be read changes nothing.
            let _ = Limited::new(reply.into_body(), LONGEST_REPLY).collect().await;
            Ok(outcome)
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(broken)) => cause(&broken),
            Err(_) => Outcome::Timeout,
        }
    }
}

fn outcome(status: StatusCode, headers: &HeaderMap) -> Outcome {
    if status.is_success() {
        return Outcome::Taken(status);
    }
    let wait =
        headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    Outcome::Refused(status, wait)
}

fn cause(broken: &Broken) -> Outcome {
    let mut source = broken.source();
    while let Some(error) = source {
        if let Some(unfit) = error.downcast_ref::<Unfit>() {
            return if *unfit == Unfit::Unknown { Outcome::UnknownHost } else { Outcome::NotAllowed };
        }
        // TLS faults come as an io::Error around rustls'.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return Outcome::Tls;
        }
        source = error.source();
    }
    Outcome::Connection
}
