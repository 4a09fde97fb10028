//! So many calls and watches of one caller.

use super::rates::Rates;
use super::watches::Watches;
use super::{Held, Limits, Reason, is_watch};
use crate::around::{Answer, Around};
use access::Caller;
use http::{Request, Response};
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::time::Duration;
use tonic::body::Body;

/// When a watch might end.
const WATCH_AGAIN: Duration = Duration::from_secs(1);

/// Who calls, if calls are counted by it: not in the local mode, where everybody has one name or whichever they like, and
/// not one of our own services, which carry on what was accepted from others.
fn caller_of(extensions: &http::Extensions) -> Option<&str> {
    extensions.get::<Caller>().filter(|caller| caller.is_proven() && !caller.is_service()).map(Caller::id)
}

/// Bounds what one caller may ask for.
#[derive(Clone, Debug)]
pub struct Callers {
    rates: Rates,
    watches: Watches,
    caller_of: fn(&http::Extensions) -> Option<&str>,
    /// Names are kept as hashes, which nobody outside can make collide.
    hashes: RandomState,
}

impl Callers {
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

impl Around for Callers {
    fn call<B, F, E>(&self, request: Request<B>, hand_on: impl FnOnce(Request<B>) -> F) -> Answer<E>
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let path = request.uri().path();
        let caller = (self.caller_of)(request.extensions()).map(|caller| self.hashes.hash_one(caller));
        if let Some(Err(wait)) = caller.map(|caller| self.rates.take(path, caller)) {
            return Reason::RateLimited.answer(wait);
        }
        if !is_watch(path) {
            return Box::pin(hand_on(request));
        }
        let Some(open) = self.watches.open(caller) else {
            return Reason::TooManyWatches.answer(WATCH_AGAIN);
        };
        let answer = hand_on(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Body::new(Held::new(body, open)))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::around::Layer;
    use crate::limits::Refused;
    use axum::body::Bytes;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};
    use tonic_types::StatusExt as _;
    use tower::{Layer as _, Service as _, service_fn};

    const CREATE: &str = "/oms.orders.v1.OrderService/CreateOrder";
    const WATCH: &str = "/oms.orders.v1.OrderService/WatchOrder";

    /// As the layer before would say it.
    #[derive(Clone)]
    struct Name(Arc<str>);

    /// Answers everything that is let through.
    fn service() -> impl tower::Service<Request<()>, Response = Response<Body>, Error = Infallible> {
        let mut callers = Callers::new(&Limits::of_tests()).unwrap();
        callers.caller_of = |extensions| extensions.get::<Name>().map(|name| &*name.0);
        Layer(callers).layer(service_fn(|_: Request<()>| async { Ok(Response::new(Body::new(Endless))) }))
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
    async fn whoever_says_who_they_are_is_not_counted_by_it() {
        let headers = [("oms-local-role", "customer"), ("oms-local-subject", "CUST123")];
        let headers = headers.map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        let headers = headers.into_iter().collect();
        let caller = access::Guard::Local.admit(&headers, contracts::Method::OrdersCreateOrder).await;
        let mut extensions = http::Extensions::new();
        extensions.insert(caller.unwrap());
        assert_eq!(caller_of(&extensions), None);
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
