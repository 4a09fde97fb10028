//! Every call has a deadline: the caller's `grpc-timeout`, or the service's own
//! when that is shorter or the caller gave none. The handler finds it in the
//! request's extensions and passes it on.

use crate::around::{Answer, Around};
use crate::limits::is_watch;
use contracts::Method;
use http::{Request, Response};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

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
pub struct Deadlines {
    unary: Duration,
    stream: Duration,
}

impl Deadlines {
    /// With the service's own limits for unary calls and for streams.
    #[must_use]
    pub const fn new(unary: Duration, stream: Duration) -> Self {
        Self { unary, stream }
    }
}

impl Around for Deadlines {
    fn call<B, F, E>(&self, mut request: Request<B>, hand_on: impl FnOnce(Request<B>) -> F) -> Answer<E>
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let limit = if is_stream(request.uri().path()) { self.stream } else { self.unary };
        let asked = request.headers().get("grpc-timeout").and_then(|v| v.to_str().ok()).and_then(parse_timeout);
        let time = asked.map_or(limit, |asked| asked.min(limit));
        let now = Instant::now();
        request.extensions_mut().insert(Deadline(now + time));
        // A watch begins in the time of a call: its request has to be there by then.
        let begins = now + if is_watch(request.uri().path()) { time.min(self.unary) } else { time };
        let answer = hand_on(request);
        Box::pin(async move {
            match tokio::time::timeout_at(begins, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(Status::deadline_exceeded("the deadline passed before the answer was there").into_http()),
            }
        })
    }
}

/// Server streams live longer than calls. Of what is not ours reflection streams.
fn is_stream(path: &str) -> bool {
    Method::at(path).map_or_else(|| path.ends_with("/ServerReflectionInfo"), Method::streams)
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
    fn knows_streams() {
        assert!(is_stream("/oms.orders.v1.OrderService/WatchOrder"));
        assert!(is_stream("/oms.orders.v1.AuditService/RunAudit"));
        assert!(is_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
        assert!(!is_stream("/oms.orders.v1.OrderService/GetOrder"));
    }
}
