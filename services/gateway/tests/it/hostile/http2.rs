//! Frames that no client of HTTP/2 sends. The connection ends, or goes on; it never hangs, and others are served.

use super::{Besieged, PATIENCE};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:method: POST`, `:scheme: http`, `:path: /`, `:authority: x`, in HPACK.
const REQUEST: &[u8] = &[0x83, 0x86, 0x84, 0x41, 0x01, b'x'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header whose name and value are written out.
fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0x00, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

fn request(stream: u32, flags: u8, more: &[Vec<u8>]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, &[REQUEST, &more.concat()].concat())
}

/// What ended it.
#[derive(Debug)]
enum End {
    /// Its ping was answered.
    GoesOn,
    /// It was told off, or hung up on.
    Closed,
}

/// Sends frames and a ping, and waits for the one or the other end.
async fn attack(address: SocketAddr, bytes: Vec<u8>) -> End {
    let exchange = async {
        let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
        let ping = frame(PING, 0, 0, b"the last");
        let writing = tokio::spawn(async move {
            for part in [PREFACE, &frame(SETTINGS, 0, 0, &[]), &bytes, &ping] {
                if write.write_all(part).await.is_err() {
                    break;
                }
            }
            write
        });
        let mut head = [0; 9];
        let end = loop {
            if read.read_exact(&mut head).await.is_err() {
                break End::Closed;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            if read.read_exact(&mut payload).await.is_err() || head[3] == GOAWAY {
                break End::Closed;
            }
            if head[3] == PING && head[4] & ACK == ACK && payload == b"the last" {
                break End::GoesOn;
            }
        };
        writing.abort();
        end
    };
    tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("it hangs"))
}

/// Attacks by name.
fn attacks() -> Vec<(&'static str, Vec<u8>)> {
    let open = || request(1, 0, &[]);
    let repeated = |n: u32, one: &dyn Fn(u32) -> Vec<u8>| (0..n).flat_map(one).collect::<Vec<u8>>();
    let long = "x".repeat(100);
    vec![
        ("a frame that is too long", [&[0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1][..], &[0; 100]].concat()),
        ("data on no stream", frame(DATA, 0, 0, b"x")),
        ("data on a stream that is not open", frame(DATA, 0, 5, b"x")),
        ("headers on an even stream", request(2, END_STREAM, &[])),
        ("a stream that was used before", [request(3, END_STREAM, &[]), request(1, END_STREAM, &[])].concat()),
        ("a window that grows by nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        ("a window that overflows", repeated(3, &|_| frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]))),
        ("settings of a wrong length", frame(SETTINGS, 0, 0, &[0; 5])),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        ("settings that can't be", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])),
        ("an acknowledgement with a payload", frame(SETTINGS, ACK, 0, &[0; 6])),
        ("a ping of a wrong length", frame(PING, 0, 0, b"short")),
        ("a reset of no stream", frame(RST_STREAM, 0, 0, &[0; 4])),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, REQUEST)),
        ("headers in the middle of headers", [frame(HEADERS, 0, 1, REQUEST), request(3, 0, &[])].concat()),
        ("an unknown kind of frame", frame(0x77, 0xff, 0x7fff_ffff, &[0xaa; 1_000])),
        ("padding longer than the frame", frame(DATA, 8, 1, &[200, 1, 2])),
        ("an index that is not in the table", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff, 0xff, 0xff, 0x7f])),
        ("an index of nought", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x80])),
        ("an integer without an end", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff; 64])),
        ("a table of four gigabytes", frame(HEADERS, END_HEADERS, 1, &[0x3f, 0xe1, 0xff, 0xff, 0xff, 0x0f])),
        ("a string longer than its block", frame(HEADERS, END_HEADERS, 1, &[0x00, 0x7f, 0xff, 0xff, 0x03, b'a'])),
        ("a code that is none", frame(HEADERS, END_HEADERS, 1, &[0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, b'a'])),
        ("a request without a path", frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x83, 0x86])),
        ("two paths", request(1, END_STREAM, &[vec![0x84]])),
        ("a pseudo-header after others", request(1, END_STREAM, &[field("a", "b"), vec![0x84]])),
        ("a name in upper case", request(1, END_STREAM, &[field("A", "b")])),
        ("a connection header", request(1, END_STREAM, &[field("connection", "close")])),
        ("a transfer coding", request(1, END_STREAM, &[field("transfer-encoding", "chunked")])),
        ("a line break in a header", request(1, END_STREAM, &[field("a", "b\r\nc: d")])),
        ("a nought in a header", request(1, END_STREAM, &[field("a", "b\0c")])),
        ("an unknown pseudo-header", request(1, END_STREAM, &[field(":a", "b")])),
        (
            "more than its length",
            [request(1, 0, &[field("content-length", "1")]), frame(DATA, END_STREAM, 1, b"{}")].concat(),
        ),
        (
            "less than its length",
            [request(1, 0, &[field("content-length", "9")]), frame(DATA, END_STREAM, 1, b"{}")].concat(),
        ),
        ("trailers that end nothing", [open(), frame(HEADERS, END_HEADERS, 1, &field("a", "b"))].concat()),
        ("trailers that are a request", [open(), request(1, END_STREAM, &[])].concat()),
        ("a flood of empty data", [open(), repeated(20_000, &|_| frame(DATA, 0, 1, &[]))].concat()),
        ("a flood of pings", repeated(20_000, &|_| frame(PING, 0, 0, &[0; 8]))),
        ("a flood of settings", repeated(20_000, &|_| frame(SETTINGS, 0, 0, &[]))),
        ("a flood of streams that are given up", {
            repeated(5_000, &|i| [request(2 * i + 1, 0, &[]), frame(RST_STREAM, 0, 2 * i + 1, &[0, 0, 0, 8])].concat())
        }),
        ("a flood of continuations", {
            let first = frame(HEADERS, 0, 1, REQUEST);
            [first, repeated(20_000, &|_| frame(CONTINUATION, 0, 1, &field("a", &long)))].concat()
        }),
        ("a flood of empty continuations", {
            [frame(HEADERS, 0, 1, REQUEST), repeated(20_000, &|_| frame(CONTINUATION, 0, 1, &[]))].concat()
        }),
        ("a bomb of headers", {
            // One entry of the table, named a thousand times over.
            let entry = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], "y".repeat(4_000).as_bytes()].concat();
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &[REQUEST, &entry, &[0xbe; 8_000]].concat())
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_stops_the_others() {
    let system = Besieged::start().await;
    for (name, process) in system.processes() {
        for (attack_name, bytes) in attacks() {
            let end = attack(process.address, bytes).await;
            // What is merely odd may go on; what fills memory may not.
            let flood =
                attack_name.starts_with("a flood of continuations") || attack_name.starts_with("a flood of streams");
            assert!(!(flood && matches!(end, End::GoesOn)), "{name} bears {attack_name}");
        }
        assert!(matches!(attack(process.address, Vec::new()).await, End::GoesOn), "{name} no longer answers");
    }
    system.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_preface_is_hung_up_on() {
    let system = Besieged::start().await;
    for (_, process) in system.processes() {
        for preface in [&b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", &[0xff; 64]] {
            let said = super::raw(process.address, preface).await;
            assert_eq!(hostile::leak(&String::from_utf8_lossy(&said), ""), None);
        }
    }
    system.end().await;
}
