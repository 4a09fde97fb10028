//! HTTP/2 by hand, for what no client would do.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW: u16 = 4;
const CANCEL: u32 = 8;

/// A connection whose frames are ours to choose.
pub(crate) struct Frames {
    stream: TcpStream,
}

impl Frames {
    /// Opens a connection; the server may send so much of each reply unasked.
    pub(crate) async fn open(address: SocketAddr, window: u32) -> Self {
        let mut frames = Self { stream: TcpStream::connect(address).await.unwrap() };
        frames.stream.write_all(PREFACE).await.unwrap();
        let settings = [&INITIAL_WINDOW.to_be_bytes()[..], &window.to_be_bytes()].concat();
        frames.send(SETTINGS, 0, 0, &settings).await.unwrap();
        frames
    }

    /// Calls a method with a message.
    pub(crate) async fn call(&mut self, stream: u32, path: &str, message: &[u8]) {
        self.begin(stream, path).await.unwrap();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        self.send(DATA, END_STREAM, stream, &[&[0][..], &length, message].concat()).await.unwrap();
    }

    /// The headers of a call, and nothing else.
    pub(crate) async fn begin(&mut self, stream: u32, path: &str) -> std::io::Result<()> {
        self.send(HEADERS, END_HEADERS, stream, &block(path)).await
    }

    /// Some of the headers.
    pub(crate) async fn begin_slowly(&mut self, stream: u32, path: &str) -> std::io::Result<()> {
        self.send(HEADERS, 0, stream, &block(path)).await
    }

    /// One more of them.
    pub(crate) async fn go_on(&mut self, stream: u32) -> std::io::Result<()> {
        self.send(CONTINUATION, 0, stream, &field("x", "y")).await
    }

    /// Gives a call up.
    pub(crate) async fn reset(&mut self, stream: u32) -> std::io::Result<()> {
        self.send(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()).await
    }

    pub(crate) async fn ping(&mut self) -> std::io::Result<()> {
        self.send(PING, 0, 0, &[0; 8]).await
    }

    /// Settings that change nothing.
    pub(crate) async fn settings(&mut self) -> std::io::Result<()> {
        self.send(SETTINGS, 0, 0, &[]).await
    }

    /// Reads until the server ends the connection.
    pub(crate) async fn until_closed(&mut self) {
        let mut buffer = [0; 4096];
        while self.stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.stream.write_all(&[&head[..], payload].concat()).await
    }
}

fn block(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "x"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// A header that is spelled out and not remembered.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    assert!(name.len() < 127 && value.len() < 127, "longer lengths take more than a byte");
    [vec![0], text(name), text(value)].concat()
}
