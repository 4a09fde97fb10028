//! A process's own token, for its calls to other services.

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the file is looked at: whoever writes tokens there replaces them long before they expire.
const LOOK: Duration = Duration::from_secs(5);

/// The token of a file, as it is now.
#[derive(Clone, Debug, Default)]
pub struct OwnToken(Option<watch::Receiver<Option<HeaderValue>>>);

impl OwnToken {
    /// No token: calls go out as they are.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Always this one.
    #[must_use]
    pub fn fixed(token: &str) -> Self {
        Self(Some(watch::channel(header(token)).1))
    }

    /// Reads the file now and again until `stop`. An empty name: no token.
    #[must_use]
    pub fn of_file(name: &str, stop: CancellationToken) -> Self {
        if name.is_empty() {
            return Self::none();
        }
        let file = PathBuf::from(name);
        let (send, token) = watch::channel(None);
        tokio::spawn(async move {
            loop {
                match tokio::fs::read_to_string(&file).await.map(|text| header(&text)) {
                    Ok(Some(value)) => _ = send.send_replace(Some(value)),
                    // The one before may still do.
                    Ok(None) => tracing::error!(file = %file.display(), "auth.token_file has no token"),
                    Err(error) => tracing::error!(file = %file.display(), %error, "auth.token_file can't be read"),
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
        Self(Some(token))
    }

    fn header(&self) -> Option<HeaderValue> {
        self.0.as_ref().and_then(|token| token.borrow().clone())
    }
}

fn header(text: &str) -> Option<HeaderValue> {
    let token = text.trim();
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A connection whose calls bear the process's own token, unless they have one.
#[derive(Clone, Debug)]
pub struct Bearing<S> {
    inner: S,
    token: OwnToken,
}

impl<S> Bearing<S> {
    /// Calls over `inner`.
    pub const fn new(inner: S, token: OwnToken) -> Self {
        Self { inner, token }
    }
}

impl<S, B> tower::Service<Request<B>> for Bearing<S>
where
    S: tower::Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(token) = self.token.header() {
            request.headers_mut().entry(AUTHORIZATION).or_insert(token);
        }
        self.inner.call(request)
    }
}
