//! Every call has a deadline: the caller's `grpc-timeout`, or the service's own
//! when that is shorter or the caller gave none. The handler finds it in the
//! request's extensions and passes it on.

use crate::limits::is_watch;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// When the answer must be there.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The deadline of a request; a request that bypassed the layer (a test's) gets `default`.
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>, default: Duration) -> Self {
        request.extensions().get().copied().unwrap_or_else(|| Self(Instant::now() + default))
    }
}

/// Adds [`Deadline`] to requests, and ends unary calls that miss it and watches that do not begin.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    unary: Duration,
    stream: Duration,
}

impl DeadlineLayer {
    /// With the service's own limits for unary calls and for streams.
    #[must_use]
    pub const fn new(unary: Duration, stream: Duration) -> Self {
        Self { unary, stream }
    }
}

impl<S> tower::Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService { inner, limits: *self }
    }
}

/// See [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct DeadlineService<S> {
    inner: S,
    limits: DeadlineLayer,
}

impl<S, B> tower::Service<http::Request<B>> for DeadlineService<S>
where
    S: tower::Service<http::Request<B>, Response = http::Response<tonic::body::Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let limit = if is_stream(request.uri().path()) { self.limits.stream } else { self.limits.unary };
        let asked = request.headers().get("grpc-timeout").and_then(|v| v.to_str().ok()).and_then(parse_timeout);
        let time = asked.map_or(limit, |asked| asked.min(limit));
        let now = Instant::now();
        request.extensions_mut().insert(Deadline(now + time));
        // A watch begins in the time of a call: its request has to be there by then.
        let begins = now + if is_watch(request.uri().path()) { time.min(self.limits.unary) } else { time };
        let answer = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout_at(begins, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(Status::deadline_exceeded("the deadline passed before the answer was there").into_http()),
            }
        })
    }
}

/// Server streams live longer than calls; their names say what they are.
fn is_stream(path: &str) -> bool {
    let method = path.rsplit('/').next().unwrap_or_default();
    is_watch(path) || method == "RunAudit" || method == "ServerReflectionInfo"
}

/// The `grpc-timeout` header: up to eight digits and a unit.
#[must_use]
pub fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(n * 3_600)),
        "M" => Some(Duration::from_secs(n * 60)),
        "S" => Some(Duration::from_secs(n)),
        "m" => Some(Duration::from_millis(n)),
        "u" => Some(Duration::from_micros(n)),
        "n" => Some(Duration::from_nanos(n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header() {
        assert_eq!(parse_timeout("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        for bad in ["", "S", "5", "5x", "-5S", "123456789S", "é"] {
            assert_eq!(parse_timeout(bad), None, "{bad}");
        }
    }

    #[test]
    fn knows_streams_by_name() {
        assert!(is_stream("/oms.orders.v1.OrderService/WatchOrder"));
        assert!(is_stream("/oms.orders.v1.AuditService/RunAudit"));
        assert!(!is_stream("/oms.orders.v1.OrderService/GetOrder"));
    }
}
