//! Bodies of forwarded calls: bounded in size on the way in, in time on the way out.

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

/// Why a request body broke off. The connection to the service only reports
/// that it did.
#[derive(Clone, Default)]
pub(crate) struct Fault(Arc<OnceLock<Status>>);

impl Fault {
    pub(crate) fn get(&self) -> Option<Status> {
        self.0.get().cloned()
    }

    fn set(&self, status: Status) -> Status {
        self.0.get_or_init(|| status).clone()
    }
}

/// A request body of at most so many bytes, within a time.
///
/// It has no size hint: that of tonic-web's decoded text bodies is the length
/// before decoding, and would be sent on as a wrong `content-length`. It doesn't
/// say early that it ended either, so that half a base64 group is noticed. Empty
/// frames, with which many clients end, are dropped: sent on in the middle of a
/// stream they count as an attack, and a service hangs up after a hundred.
pub(crate) struct Upload<B> {
    inner: B,
    limit: usize,
    seen: usize,
    over: Option<Pin<Box<Sleep>>>,
    fault: Fault,
}

impl<B> Upload<B> {
    /// One that has to be there within `time`, if it is given.
    pub(crate) fn new(inner: B, limit: usize, time: Option<Duration>, fault: Fault) -> Self {
        Self { inner, limit, seen: 0, over: time.map(|time| Box::pin(sleep(time))), fault }
    }
}

impl<B: Body<Data = Bytes, Error: Display> + Unpin> Body for Upload<B> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = loop {
            let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
                ready!(self.over.as_mut().map_or(Poll::Pending, |over| over.as_mut().poll(cx)));
                let status = Status::deadline_exceeded("the request did not arrive in time");
                return Poll::Ready(Some(Err(self.fault.set(status))));
            };
            match frame {
                None => return Poll::Ready(None),
                Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
                Some(Ok(frame)) => break frame,
                // What the reader below says of it has the names of Rust types in it.
                Some(Err(error)) => {
                    tracing::debug!(%error, "a body that can't be read");
                    let status =
                        Status::invalid_argument("the request broke off, or is not the base64 that it should be");
                    return Poll::Ready(Some(Err(self.fault.set(status))));
                }
            }
        };
        self.seen += frame.data_ref().map_or(0, Bytes::len);
        if self.seen > self.limit {
            let status = Status::resource_exhausted(format!("the message is larger than {} bytes", self.limit));
            return Poll::Ready(Some(Err(self.fault.set(status))));
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

/// A reply body that ends at a deadline, with a status the caller can read.
pub(crate) struct Download {
    inner: tonic::body::Body,
    deadline: Pin<Box<Sleep>>,
    closing: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
}

impl Download {
    /// A stream (`closing` given) also ends when the gateway stops.
    pub(crate) fn new(inner: tonic::body::Body, deadline: Instant, closing: Option<CancellationToken>) -> Self {
        let closing = closing.map(|token| Box::pin(token.cancelled_owned()));
        Self { inner, deadline: Box::pin(sleep_until(deadline)), closing, ended: false }
    }

    fn end(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.ended = true;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => return Poll::Ready(Some(Ok(frame))),
            Poll::Ready(Some(Err(_))) => {
                return self.end(&Status::unavailable("the connection to the service was lost"));
            }
            Poll::Ready(None) => {
                self.ended = true;
                return Poll::Ready(None);
            }
            Poll::Pending => {}
        }
        if self.deadline.as_mut().poll(cx).is_ready() {
            return self.end(&Status::deadline_exceeded("the deadline is over"));
        }
        if self.closing.as_mut().is_some_and(|c| c.as_mut().poll(cx).is_ready()) {
            return self.end(&Status::unavailable("the gateway is stopping; resume elsewhere"));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}
