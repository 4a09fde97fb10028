//! What is done around each call that a server answers, without what every tower layer has in common.

use http::{Request, Response};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;

/// What a call comes to.
pub type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// Something that is done around each call.
pub trait Around: Clone {
    /// Hands a request on and does something with its answer, or answers it itself.
    fn call<B, F, E>(&self, request: Request<B>, hand_on: impl FnOnce(Request<B>) -> F) -> Answer<E>
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Send + 'static;
}

/// The layer that does it.
#[derive(Clone, Debug)]
pub struct Layer<A>(pub A);

impl<A: Clone, S> tower::Layer<S> for Layer<A> {
    type Service = Service<A, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Service { around: self.0.clone(), inner }
    }
}

/// See [`Layer`].
#[derive(Clone, Debug)]
pub struct Service<A, S> {
    around: A,
    inner: S,
}

impl<A, S, B> tower::Service<Request<B>> for Service<A, S>
where
    A: Around,
    S: tower::Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.around.call(request, |request| self.inner.call(request))
    }
}
