//! The connections that come to a port, after their handshakes. These are made side by side, so that one that drags on
//! keeps nobody waiting.

use super::counts::Handshake;
use super::server::Acceptor;
use super::stream::Stream;
use crate::limits::connection::{Door, Guarded, Room};
use futures::StreamExt as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::server::TcpIncoming;

/// Handshakes at one time. Each is bounded in time; whoever comes on top of so many is let go.
const AT_ONCE: usize = 1_000;
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Pause when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The connections that come to a port.
pub struct Incoming {
    tcp: TcpIncoming,
    acceptor: Option<Acceptor>,
    door: Option<Door>,
    handshakes: JoinSet<Option<Entered>>,
}

/// A connection after its handshake, with the room that it has behind a door.
type Entered = (Stream, Option<Room>);

impl Incoming {
    /// Without an acceptor they are plain text.
    #[must_use]
    pub fn new(listener: TcpListener, acceptor: Option<Acceptor>) -> Self {
        let tcp = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
        Self { tcp, acceptor, door: None, handshakes: JoinSet::new() }
    }

    /// Those that this door lets in, which are counted from the moment they come.
    pub fn through(mut self, door: Door) -> impl futures::Stream<Item = io::Result<Guarded<Stream>>> {
        self.door = Some(door.clone());
        futures::stream::poll_fn(move |cx| self.poll_entered(cx)).filter_map(move |entered| {
            let guarded = entered.map(|(stream, room)| Some(door.admit(stream, room?))).transpose();
            std::future::ready(guarded)
        })
    }

    fn poll_entered(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Entered>>> {
        while let Poll::Ready(accepted) = self.tcp.poll_next_unpin(cx) {
            let Some(stream) = accepted.transpose()? else { return Poll::Ready(None) };
            let room = self.door.as_ref().map(Door::enter);
            // Too many, which is counted.
            let Some(room) = room.map_or(Some(None), |room| room.map(Some)) else { continue };
            let Some(acceptor) = self.acceptor.clone() else {
                return Poll::Ready(Some(Ok((Stream::Plain(stream), room))));
            };
            if self.handshakes.len() >= AT_ONCE {
                Handshake::TooMany.count(1);
                continue;
            }
            self.handshakes.spawn(async move { Some((acceptor.accept(stream).await?, room)) });
        }
        self.poll_handshake(cx).map(|entered| Some(Ok(entered)))
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Entered> {
        loop {
            match ready!(self.handshakes.poll_join_next(cx)) {
                Some(Ok(Some(entered))) => return Poll::Ready(entered),
                // It failed, and is counted.
                Some(_) => {}
                // The listener wakes us.
                None => return Poll::Pending,
            }
        }
    }
}

impl futures::Stream for Incoming {
    type Item = io::Result<Stream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_entered(cx).map(|entered| Some(entered?.map(|(stream, _)| stream)))
    }
}

impl axum::serve::Listener for Incoming {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            if let Some(Ok(stream)) = self.next().await
                && let Ok(from) = stream.peer()
            {
                return (stream, from);
            }
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
