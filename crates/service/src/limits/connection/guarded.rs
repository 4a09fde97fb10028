//! A connection below HTTP.

use super::{Connection, Over, Patience, Room};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tonic::transport::server::Connected;

/// How often a connection is looked at, at the least and at the most, within its shortest time.
const LOOKS: u32 = 4;
const OFTEN: Duration = Duration::from_millis(20);
/// So many bytes at once are of a reply, and not only of the protocol: a slow client reads.
const OF_A_REPLY: usize = 1024;

/// Bytes that end when nobody does anything useful with the connection.
#[derive(Debug)]
pub struct Guarded<IO> {
    io: IO,
    connection: Connection,
    patience: Patience,
    /// Made when it is first read: outside of a runtime there is no clock.
    look: Option<Pin<Box<Sleep>>>,
    over: Option<Over>,
    _room: Room,
}

impl<IO> Guarded<IO> {
    pub(super) fn new(io: IO, patience: Patience, room: Room) -> Self {
        Self { io, connection: Connection::new(), patience, look: None, over: None, _room: room }
    }

    /// What the requests on it have to know.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    fn written(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            // What can't be written may be all that is left of the connection.
            Poll::Pending if self.look(cx).is_some() => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Ready(Ok(bytes)) if *bytes >= OF_A_REPLY => self.connection.wrote(),
            Poll::Pending | Poll::Ready(_) => {}
        }
        written
    }

    /// Looks when it is time to. Also sees to it that this is polled again then.
    fn look(&mut self, cx: &mut Context<'_>) -> Option<Over> {
        if self.over.is_some() {
            return self.over;
        }
        let Patience { first_request, idle, stall } = self.patience;
        let every = (first_request.min(idle).min(stall) / LOOKS).max(OFTEN);
        let look = self.look.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
        while look.as_mut().poll(cx).is_ready() {
            self.over = self.connection.is_over(self.patience);
            if self.over.is_some() {
                return self.over;
            }
            look.as_mut().reset(Instant::now() + every);
        }
        None
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Guarded<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.look(cx) {
            // As if the client had gone.
            Some(Over::Idle) => Poll::Ready(Ok(())),
            Some(Over::Stalled) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            None => Pin::new(&mut self.io).poll_read(cx, buf),
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Guarded<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl<IO> Connected for Guarded<IO> {
    type ConnectInfo = Connection;

    fn connect_info(&self) -> Connection {
        self.connection()
    }
}
