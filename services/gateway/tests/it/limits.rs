//! What is too much is refused, and who takes too long is let go, while others are served.

use crate::frames::Frames;
use crate::harness::{Gateway, read};
use crate::stand_in::ORDER;
use contracts::orders::{CreateOrderRequest, RejectOrderRequest, WatchOrderRequest};
use prost::Message as _;
use stack::certs::OPERATOR;
use stack::client::Http;
use std::time::Duration;
use testkit::PATIENCE;
use testkit::certificates::Certificates;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic_types::StatusExt as _;

const CREATE: &str = r#"{"customer_id":"CUST123","items":[{"product_id":"PROD-001","quantity":1,"price":1299.99}],"total_amount":1299.99}"#;
const WATCH: &str = "/oms.orders.v1.OrderService/WatchOrder";
/// What a slow client is borne with here.
const SHORT_MS: u64 = 300;
/// Less than a handshake is waited for.
const HANDSHAKE: Duration = Duration::from_secs(3);
const TRICKLE: Duration = Duration::from_millis(50);

/// Of an order for which nothing happens after its third event.
fn endless() -> WatchOrderRequest {
    WatchOrderRequest { after_sequence: 100, ..Default::default() }
}

impl Gateway {
    async fn impatient() -> Self {
        Self::with(|config| {
            config.limits.header_ms = SHORT_MS;
            config.limits.idle_ms = SHORT_MS;
            config.limits.stall_ms = SHORT_MS;
            config.limits.body_ms = SHORT_MS;
        })
        .await
    }

    /// Asks until the reply has this status.
    async fn until(&self, status: u16, ask: impl AsyncFn() -> u16) {
        let asked = async { while ask().await != status {} };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{status} was never the answer"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_work_is_refused_first_and_decisions_last() {
    let gateway = Gateway::with(|config| config.limits.in_flight = 4).await;
    let create = async || gateway.post("/orders", CREATE).await.status;
    let look = async || gateway.get(&format!("/orders/{ORDER}/status")).await.status;
    // A decision that takes its time. Those that are asked for below may have the last place when it comes.
    let client = gateway.client().await;
    let decide = || {
        let mut client = client.clone();
        tokio::spawn(async move {
            let crowded = |status: tonic::Status| status.code() == Code::ResourceExhausted;
            while client.reject_order(RejectOrderRequest::default()).await.is_err_and(crowded) {}
        })
    };
    let mut inside = vec![decide(), decide()];
    gateway.until(429, create).await;
    let reply = gateway.post("/orders", CREATE).await;
    assert_eq!((reply.status, reply.error().as_str()), (429, "OVERLOADED"));
    assert_eq!(reply.headers["retry-after"], "1");
    let status = gateway.client().await.create_order(CreateOrderRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "OVERLOADED");
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    let web = gateway.http.post(gateway.url("/oms.orders.v1.OrderService/CreateOrder"));
    let reply = read(web.header("content-type", "application/grpc-web+proto").body("\0\0\0\0\0")).await;
    assert_eq!((reply.status, &reply.headers["grpc-status"]), (200, &"8".parse().unwrap()));
    assert_eq!(reply.headers["content-type"], "application/grpc-web+proto");

    assert_eq!(look().await, 200, "a read still comes in");
    inside.push(decide());
    gateway.until(429, look).await;
    assert_eq!(gateway.post(&format!("/orders/{ORDER}/approve"), "").await.status, 409, "a decision is taken");
    inside.push(decide());
    gateway.until(429, async || gateway.post(&format!("/orders/{ORDER}/approve"), "").await.status).await;
    assert_eq!(gateway.get("/healthz").await.status, 200, "a probe is always answered");

    inside.iter().for_each(tokio::task::JoinHandle::abort);
    gateway.until(202, create).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_watch_too_many_is_refused_until_another_ends() {
    let gateway = Gateway::with(|config| config.limits.watches = 2).await;
    let mut client = gateway.client().await;
    let first = client.watch_order(endless()).await.unwrap();
    let _second = client.watch_order(endless()).await.unwrap();
    let status = client.watch_order(endless()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().unwrap().reason, "TOO_MANY_WATCHES");
    assert_eq!(gateway.get(&format!("/orders/{ORDER}/status")).await.status, 200);
    drop(first);
    let again = async { while client.watch_order(endless()).await.is_err() {} };
    timeout(PATIENCE, again).await.expect("room for another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_too_little_is_let_go() {
    let gateway = Gateway::impatient().await;
    let silent = TcpStream::connect(gateway.address).await.unwrap();
    closed(silent).await;
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx: ").await.unwrap();
    let trickled = async { while slow.write_all(b"y").await.is_ok() && !is_closed(&mut slow).await {} };
    timeout(PATIENCE, trickled).await.expect("an end to headers that come byte by byte");
    let mut idle = TcpStream::connect(gateway.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    closed(idle).await;
    assert_eq!(gateway.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_one_that_does_it_in_frames() {
    let gateway = Gateway::impatient().await;
    let mut silent = Frames::open(gateway.address, 65_535).await;
    timeout(PATIENCE, silent.until_closed()).await.expect("an end to a connection without a request");
    let mut slow = Frames::open(gateway.address, 65_535).await;
    slow.begin_slowly(1, WATCH).await.unwrap();
    let trickled = async {
        while slow.go_on(1).await.is_ok() {
            tokio::time::sleep(TRICKLE).await;
        }
    };
    timeout(PATIENCE, trickled).await.expect("an end to headers that come one by one");
    assert_eq!(gateway.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_of_a_stream_has_to_come() {
    let gateway = Gateway::impatient().await;
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    let head = "host: x\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 50\r\n";
    slow.write_all(format!("POST {WATCH} HTTP/1.1\r\n{head}\r\n\0").as_bytes()).await.unwrap();
    let mut reply = [0; 1024];
    let n = timeout(PATIENCE, slow.read(&mut reply)).await.expect("an answer").unwrap();
    let reply = String::from_utf8_lossy(&reply[..n]);
    assert!(reply.contains("grpc-status: 4"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_gives_its_watch_back() {
    let gateway = Gateway::with(|config| {
        config.limits.stall_ms = SHORT_MS;
        config.limits.watches = 1;
    })
    .await;
    let mut greedy = Frames::open(gateway.address, 0).await;
    greedy.call(1, WATCH, &endless().encode_to_vec()).await;
    timeout(PATIENCE, greedy.until_closed()).await.expect("an end to a reply that nobody reads");
    let mut client = gateway.client().await;
    let again = async { while client.watch_order(endless()).await.is_err() {} };
    timeout(PATIENCE, again).await.expect("its watch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_watch_is_no_idle_connection() {
    let gateway = Gateway::impatient().await;
    let waiting = WatchOrderRequest { after_sequence: 300, ..Default::default() };
    let mut stream = gateway.client().await.watch_order(waiting).await.unwrap().into_inner();
    stream.message().await.unwrap();
    tokio::time::sleep(3 * Duration::from_millis(SHORT_MS)).await;
    gateway.orders.go_on.notify_one();
    assert_eq!(stream.message().await.unwrap().unwrap().event.unwrap().sequence, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_and_gives_up_without_end_is_hung_up_on() {
    let gateway = Gateway::start().await;
    let mut frames = Frames::open(gateway.address, 65_535).await;
    let flood = async {
        for stream in (1..200_000).step_by(2) {
            if frames.begin(stream, WATCH).await.is_err() || frames.reset(stream).await.is_err() {
                return;
            }
        }
        frames.until_closed().await;
    };
    let served = async {
        for _ in 0..20 {
            assert_eq!(gateway.get(&format!("/orders/{ORDER}/status")).await.status, 200);
        }
    };
    timeout(PATIENCE, async { tokio::join!(flood, served) }).await.expect("an end to a flood");
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_and_settings_without_end_hold_up_nobody() {
    let gateway = Gateway::start().await;
    let mut frames = Frames::open(gateway.address, 65_535).await;
    // Nobody reads the answers: at some point the gateway reads no more questions.
    let flood = async { while frames.ping().await.is_ok() && frames.settings().await.is_ok() {} };
    let served = async {
        for _ in 0..50 {
            assert_eq!(gateway.get(&format!("/orders/{ORDER}/status")).await.status, 200);
        }
    };
    tokio::select! {
        () = flood => {}
        () = served => return,
    }
    assert_eq!(gateway.get(&format!("/orders/{ORDER}/status")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_closed() {
    let gateway = Gateway::with(|config| config.limits.connections = 2).await;
    let first = TcpStream::connect(gateway.address).await.unwrap();
    let _second = TcpStream::connect(gateway.address).await.unwrap();
    closed(TcpStream::connect(gateway.address).await.unwrap()).await;
    drop(first);
    let answered = async { while gateway.http.get(gateway.url("/healthz")).send().await.is_err() {} };
    timeout(PATIENCE, answered).await.expect("room for another");
}

/// A caller who does not shake hands has a place like any other, for as long as that is borne with.
#[tokio::test(flavor = "multi_thread")]
async fn one_before_its_handshake_counts() {
    let certificates = Certificates::new();
    let gateway = Gateway::with(|config| {
        config.limits.connections = 2;
        config.tls = certificates.config("gateway", &[OPERATOR]);
    })
    .await;
    let url = format!("https://localhost:{}/healthz", gateway.address.port());
    let answers = async || {
        let http = Http::new(Some(&certificates.trust(OPERATOR))).unwrap();
        http.send(http::Method::GET, &url, &[], "").await.is_ok()
    };
    assert!(answers().await);
    let silent =
        [TcpStream::connect(gateway.address).await.unwrap(), TcpStream::connect(gateway.address).await.unwrap()];
    // The one that was answered may still have its place.
    let full = async { while answers().await {} };
    timeout(HANDSHAKE, full).await.expect("no room for another");
    drop(silent);
    let room = async { while !answers().await {} };
    timeout(PATIENCE, room).await.expect("room for another");
}

/// Reads until the server ends the connection.
async fn closed(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    let read = async { while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {} };
    timeout(PATIENCE, read).await.unwrap();
}

/// Whether the server has ended the connection; takes a while to say no.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 1024];
    match timeout(TRICKLE, stream.read(&mut buffer)).await {
        Ok(read) => !read.is_ok_and(|n| n > 0),
        Err(_) => false,
    }
}
