//! So many calls and watches of one caller.

use super::rates::Rates;
use super::watches::Watches;
use super::{Held, Limits, Reason, is_watch};
use access::Caller;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;

/// When a watch might end.
const WATCH_AGAIN: Duration = Duration::from_secs(1);

/// Who calls, if calls are counted by it: not in the local mode, where everybody has one name, and not one of our own
/// services, which carry on what was accepted from others.
fn caller_of(extensions: &http::Extensions) -> Option<&str> {
    extensions.get::<Caller>().filter(|caller| !caller.is_local() && !caller.is_service()).map(Caller::id)
}

/// Bounds what one caller may ask for.
#[derive(Clone, Debug)]
pub struct CallersLayer {
    rates: Rates,
    watches: Watches,
    caller_of: fn(&http::Extensions) -> Option<&str>,
    /// Names are kept as hashes, which nobody outside can make collide.
    hashes: RandomState,
}

impl CallersLayer {
    /// With the limits of the service.
    ///
    /// # Errors
    /// A limit that makes no sense.
    pub fn new(limits: &Limits) -> Result<Self, crate::config::Error> {
        Ok(Self {
            rates: Rates::new(limits.caller, &limits.methods)?,
            watches: Watches::new(limits.watches, limits.watches_per_caller),
            caller_of,
            hashes: RandomState::new(),
        })
    }

    /// Forgets callers that have been quiet, until it is dropped.
    pub async fn forget(self) {
        self.rates.forget().await;
    }
}

impl<S> tower::Layer<S> for CallersLayer {
    type Service = CallersService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallersService { inner, callers: self.clone() }
    }
}

/// See [`CallersLayer`].
#[derive(Clone, Debug)]
pub struct CallersService<S> {
    inner: S,
    callers: CallersLayer,
}

impl<S, B> tower::Service<http::Request<B>> for CallersService<S>
where
    S: tower::Service<http::Request<B>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let path = request.uri().path();
        let caller = (self.callers.caller_of)(request.extensions()).map(|caller| self.callers.hashes.hash_one(caller));
        let refuse = |reason: Reason, delay| -> Self::Future {
            let refused = reason.response(delay);
            Box::pin(async move { Ok(refused) })
        };
        if let Some(Err(wait)) = caller.map(|caller| self.callers.rates.take(path, caller)) {
            return refuse(Reason::RateLimited, wait);
        }
        if !is_watch(path) {
            return Box::pin(self.inner.call(request));
        }
        let Some(open) = self.callers.watches.open(caller) else {
            return refuse(Reason::TooManyWatches, WATCH_AGAIN);
        };
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Body::new(Held::new(body, open)))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Refused;
    use axum::body::Bytes;
    use http::{Request, Response};
    use std::convert::Infallible;
    use std::sync::Arc;
    use tonic_types::StatusExt as _;
    use tower::{Layer as _, Service as _, service_fn};

    const CREATE: &str = "/oms.orders.v1.OrderService/CreateOrder";
    const WATCH: &str = "/oms.orders.v1.OrderService/WatchOrder";

    /// As the layer before would say it.
    #[derive(Clone)]
    struct Name(Arc<str>);

    /// Answers everything that is let through.
    fn service() -> impl tower::Service<Request<()>, Response = Response<Body>, Error = Infallible> {
        let mut layer = CallersLayer::new(&Limits::of_tests()).unwrap();
        layer.caller_of = |extensions| extensions.get::<Name>().map(|name| &*name.0);
        layer.layer(service_fn(|_: Request<()>| async { Ok(Response::new(Body::new(Endless))) }))
    }

    /// A stream without events.
    struct Endless;

    impl http_body::Body for Endless {
        type Data = Bytes;
        type Error = tonic::Status;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, tonic::Status>>> {
            Poll::Pending
        }
    }

    fn request(path: &str, caller: Option<&str>) -> Request<()> {
        let mut request = Request::builder().uri(path).body(()).unwrap();
        if let Some(caller) = caller {
            request.extensions_mut().insert(Name(caller.into()));
        }
        request
    }

    fn refused(response: &Response<Body>) -> Option<Reason> {
        response.extensions().get().map(|Refused(reason)| *reason)
    }

    #[tokio::test]
    async fn who_calls_too_often_is_told_when_to_come_again() {
        let mut service = service();
        for _ in 0..2 {
            assert_eq!(refused(&service.call(request(CREATE, Some("shop"))).await.unwrap()), None);
        }
        let response = service.call(request(CREATE, Some("shop"))).await.unwrap();
        assert_eq!(refused(&response), Some(Reason::RateLimited));
        let status = tonic::Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), tonic::Code::ResourceExhausted);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert!(wait > Duration::from_millis(100) && wait <= Duration::from_secs(1), "{wait:?}");
        for (path, caller) in [(CREATE, Some("other")), (CREATE, None), (WATCH, Some("shop"))] {
            assert_eq!(refused(&service.call(request(path, caller)).await.unwrap()), None, "{path} {caller:?}");
        }
        tokio::time::sleep(wait).await;
        assert_eq!(refused(&service.call(request(CREATE, Some("shop"))).await.unwrap()), None);
    }

    #[tokio::test]
    async fn a_watch_counts_until_its_stream_is_dropped() {
        let mut service = service();
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(service.call(request(WATCH, None)).await.unwrap());
        }
        let one_more = service.call(request(WATCH, None)).await.unwrap();
        assert_eq!(refused(&one_more), Some(Reason::TooManyWatches));
        open.pop();
        assert_eq!(refused(&service.call(request(WATCH, None)).await.unwrap()), None);
    }
}
