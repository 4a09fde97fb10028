//! What hyper refuses before a request exists: garbage, an impossible length, a
//! control character in a header. It answers with an empty body; here the answer
//! gets the body that all errors have.
//!
//! Hyper has no hook for it, so the connection looks at what is written. Nothing
//! else that is written starts like this: our own errors have a body, bodies are
//! JSON, pages or gRPC-Web frames, and HTTP/2 has frames throughout.

use crate::error;
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection that completes hyper's own refusals.
pub(crate) struct Wire<S> {
    stream: S,
    /// A completed refusal that is being written.
    refusal: Vec<u8>,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S) -> TokioIo<Self> {
        TokioIo::new(Self { stream, refusal: Vec::new() })
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let n = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.refusal))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..n);
        }
        Poll::Ready(Ok(()))
    }
}

/// The refusal with a body, if it is one of hyper's.
fn complete(written: &[u8]) -> Option<Vec<u8>> {
    const EMPTY: &str = "content-length: 0\r\n";
    let status = written.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    if status[0] != b'4' || written.len() > 512 {
        return None;
    }
    let head = std::str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let ours = head.contains("content-type") || head.contains("\r\n\r\n");
    let (before, after) = format!("{head}\r\n").split_once(EMPTY).map(|(b, a)| (b.to_owned(), a.to_owned()))?;
    if ours || !before.contains("connection: close\r\n") {
        return None;
    }
    let status = http::StatusCode::from_bytes(status).ok()?;
    let body = error::plain(status, "the request is not valid HTTP");
    let length = body.len();
    Some(format!("{before}content-type: application/json\r\ncontent-length: {length}\r\n{after}\r\n{body}").into())
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_refusal(cx))?;
        if let Some(refusal) = complete(buf) {
            self.refusal = refusal;
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_refusal_is_completed() {
        let refusal = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let completed = String::from_utf8(complete(refusal).unwrap()).unwrap();
        let (head, body) = completed.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        assert!(body.starts_with(r#"{"error":{"code":"BAD_REQUEST""#), "{body}");
        for other in [
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 4",
            "",
        ] {
            assert!(complete(other.as_bytes()).is_none(), "{other}");
        }
    }
}
