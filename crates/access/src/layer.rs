//! The way into a service: every call of one of our methods passes here.

use crate::guard::{Guard, admit};
use crate::refusal::Refused;
use contracts::Method;
use http::{Request, Response};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;

/// Lets calls of our methods through for those who may make them, and puts the [`Caller`] into their extensions. Health
/// and reflection are anybody's.
#[derive(Clone, Debug)]
pub struct AccessLayer(pub Guard);

impl<S> tower::Layer<S> for AccessLayer {
    type Service = Access<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Access { inner, guard: self.0.clone() }
    }
}

/// See [`AccessLayer`].
#[derive(Clone, Debug)]
pub struct Access<S> {
    inner: S,
    guard: Guard,
}

impl<S, B> tower::Service<Request<B>> for Access<S>
where
    S: tower::Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Some(method) = Method::at(request.uri().path()) else { return Box::pin(self.inner.call(request)) };
        if let Some(known) = self.guard.known(request.headers()) {
            return match known.and_then(|identity| admit(identity.as_ref(), method)) {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    Box::pin(self.inner.call(request))
                }
                Err(refused) => refuse(refused),
            };
        }
        // The one that was polled is used up; the copy is for the next call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let guard = self.guard.clone();
        Box::pin(async move {
            match guard.admit(request.headers(), method).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(refused) => Ok(answer(refused)),
            }
        })
    }
}

fn refuse<E: Send + 'static>(refused: Refused) -> Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>> {
    Box::pin(async move { Ok(answer(refused)) })
}

fn answer(refused: Refused) -> Response<Body> {
    tracing::debug!(%refused, "call refused");
    Status::from(refused).into_http()
}
