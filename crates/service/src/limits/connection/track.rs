//! A connection above HTTP: its requests and their replies.

use super::Connection;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

/// Tells a connection of its requests.
#[derive(Clone, Debug, Default)]
pub struct TrackLayer(Option<Connection>);

impl TrackLayer {
    /// For the requests of this connection. Without one it is looked for in their extensions.
    #[must_use]
    pub const fn of(connection: Connection) -> Self {
        Self(Some(connection))
    }
}

impl<S> tower::Layer<S> for TrackLayer {
    type Service = Track<S>;

    fn layer(&self, inner: S) -> Track<S> {
        Track { inner, connection: self.0.clone() }
    }
}

/// See [`TrackLayer`].
#[derive(Clone, Debug)]
pub struct Track<S> {
    inner: S,
    connection: Option<Connection>,
}

impl<S, B, R> tower::Service<http::Request<B>> for Track<S>
where
    S: tower::Service<http::Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    R: Body + Unpin + Send + 'static,
{
    type Response = http::Response<Tracked<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let connection = self.connection.clone().or_else(|| request.extensions().get().cloned());
        let mut open = Open::new(connection);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            open.blocked(true);
            Ok(answer.map(|body| Tracked { body, open }))
        })
    }
}

/// A request that has not ended.
struct Open {
    connection: Option<Connection>,
    blocked: bool,
}

impl Open {
    fn new(connection: Option<Connection>) -> Self {
        if let Some(connection) = &connection {
            connection.0.open.fetch_add(1, Ordering::Relaxed);
            connection.moved();
        }
        Self { connection, blocked: false }
    }

    /// Whether its reply is there and not asked for.
    fn blocked(&mut self, blocked: bool) {
        let Some(connection) = &self.connection else { return };
        if blocked != self.blocked {
            let count = &connection.0.blocked;
            if blocked {
                count.fetch_add(1, Ordering::Relaxed)
            } else {
                count.fetch_sub(1, Ordering::Relaxed)
            };
            self.blocked = blocked;
        }
        connection.moved();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.blocked(false);
        if let Some(connection) = &self.connection {
            connection.0.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A reply whose connection knows whether it is read.
pub struct Tracked<B> {
    body: B,
    open: Open,
}

impl<B: Body + Unpin> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        // It is asked for the next when there is room for it.
        self.open.blocked(frame.is_ready());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
