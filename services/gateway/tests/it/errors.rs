//! Every refusal has a status, a code and the one form of body.

use crate::harness::{Gateway, read};
use crate::stand_in::ORDER;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest wait for what should come soon, on a machine that has much to do.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_service_keeps_its_reason() {
    let gateway = Gateway::start().await;
    let reply = gateway.post(&format!("/orders/{ORDER}/approve"), "").await;
    assert_eq!((reply.status, reply.error().as_str()), (409, "ORDER_STATE"));
    assert_eq!(reply.json()["error"]["details"][0]["state"], "APPROVED");
    let reply = gateway.post(&format!("/orders/{ORDER}/cancel"), r#"{"reason":"x"}"#).await;
    assert_eq!((reply.status, &reply.headers["retry-after"]), (429, &"7".parse().unwrap()));
    let reply = gateway.post(&format!("/orders/{ORDER}/deliver"), "{}").await;
    assert_eq!((reply.status, reply.error().as_str()), (501, "UNIMPLEMENTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_found() {
    let gateway = Gateway::start().await;
    let unknown = ORDER.replace("5b", "5c");
    for path in
        ["/nothing", "/orders/", "/orders/x", &format!("/orders/{unknown}"), "/inventory/a%00b", "/docs/nothing.js"]
    {
        let reply = gateway.get(path).await;
        assert_eq!((reply.status, reply.error().as_str()), (404, "NOT_FOUND"), "{path}");
    }
    for path in ["/orders/%zz", "/orders/%ff", "/orders/%"] {
        assert_eq!(raw(&gateway, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.0, 400, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let gateway = Gateway::start().await;
    let reply = read(gateway.http.delete(gateway.url("/orders"))).await;
    assert_eq!((reply.status, reply.error().as_str()), (405, "METHOD_NOT_ALLOWED"));
    let allow = reply.headers["allow"].to_str().unwrap();
    assert!(allow.contains("POST") && allow.contains("GET"), "{allow}");
    let reply = gateway.get("/oms.orders.v1.OrderService/GetOrder").await;
    assert_eq!((reply.status, &reply.headers["allow"]), (405, &"POST".parse().unwrap()));
    assert_eq!(gateway.post("/oms.orders.v1.OrderService/GetOrder", "{}").await.error(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_must_be_json() {
    let gateway = Gateway::start().await;
    let form = gateway.http.post(gateway.url("/orders")).header("content-type", "application/x-www-form-urlencoded");
    let reply = read(form.body("a=1")).await;
    assert_eq!((reply.status, reply.error().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    for body in ["{", "[]", "5", "nul", "{\"a\":NaN}"] {
        let reply = gateway.post("/orders", body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(["MALFORMED_JSON", "INVALID_FIELDS"].contains(&reply.error().as_str()));
    }
    let reply = read(gateway.http.post(gateway.url("/orders")).body(vec![b'"', 0xff, b'"'])).await;
    assert_eq!((reply.status, reply.error().as_str()), (400, "MALFORMED_JSON"));
    assert_eq!(gateway.post("/orders", "").await.fields(), ["customer_id", "items", "total_amount"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_above_the_limit_are_refused_with_and_without_a_length() {
    let gateway = Gateway::start().await;
    let reply = gateway.post("/orders", &" ".repeat(16 * 1024 * 1024 + 1)).await;
    assert_eq!((reply.status, reply.error().as_str()), (413, "PAYLOAD_TOO_LARGE"));
    let mut request = b"POST /orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..17 {
        request.extend_from_slice(b"100000\r\n");
        request.extend(std::iter::repeat_n(b' ', 0x10_0000));
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let (status, body) = raw_bytes(&gateway, &request).await;
    assert_eq!(status, 413, "{body}");
    assert!(body.contains("PAYLOAD_TOO_LARGE"), "{body}");
    assert_eq!(gateway.post("/orders", &"x".repeat(16 * 1024 * 1024)).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_above_the_limit_are_refused() {
    let gateway = Gateway::start().await;
    let many: String = (0..200).map(|i| format!("x-{i}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(100_000));
    for headers in [many, long] {
        let (status, body) = raw(&gateway, &format!("GET /orders HTTP/1.1\r\nhost: x\r\n{headers}\r\n")).await;
        assert_eq!(status, 431, "{body}");
        assert!(body.contains("REQUEST_HEADER_FIELDS_TOO_LARGE"), "{body}");
    }
    let reply = gateway.get(&format!("/orders?page_token={}", "x".repeat(40_000))).await;
    assert_eq!((reply.status, reply.error().as_str()), (414, "URI_TOO_LONG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_gets_the_same_body() {
    let gateway = Gateway::start().await;
    let many: String = (0..600).map(|i| format!("x-{i}: 1\r\n")).collect();
    for (request, expected) in [
        ("GARBAGE\r\n\r\n".to_owned(), 400),
        ("GET /orders HTTP/1.1\r\nhost: x\r\nidempotency-key: a\u{1}b\r\n\r\n".to_owned(), 400),
        ("POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n".to_owned(), 400),
        ("POST /orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
        (format!("GET /orders HTTP/1.1\r\nhost: x\r\n{many}\r\n"), 431),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70_000)), 414),
    ] {
        let (status, reply) = raw(&gateway, &request).await;
        assert_eq!(status, expected, "{reply}");
        let body = reply.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["error"]["code"].is_string(), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_times_out() {
    let gateway = Gateway::with(|config| config.limits.body_ms = 100).await;
    let (status, body) = raw(&gateway, "POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{").await;
    assert_eq!(status, 408, "{body}");
    assert!(body.contains("REQUEST_TIMEOUT"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_slow_or_away_is_reported_in_time() {
    let gateway = Gateway::with(|config| {
        config.server.deadline_ms = 200;
        config.payments.address = "http://127.0.0.1:1".into();
    })
    .await;
    let begin = Instant::now();
    let reply = gateway.post(&format!("/orders/{ORDER}/reject"), "").await;
    assert_eq!((reply.status, reply.error().as_str()), (504, "DEADLINE_EXCEEDED"));
    let reply = gateway.get("/payments").await;
    assert_eq!((reply.status, reply.error().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(reply.headers["retry-after"], "1");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_at_once_are_no_abuse() {
    let gateway = Gateway::start().await;
    let path = format!("/orders/{ORDER}/status");
    let replies = futures::future::join_all((0..100).map(|_| gateway.get(&path))).await;
    assert!(replies.iter().all(|r| r.status == 200));
}

async fn raw(gateway: &Gateway, request: &str) -> (u16, String) {
    raw_bytes(gateway, request.as_bytes()).await
}

/// Sends bytes as they are; returns the status and the reply, to the end of its body or of the connection.
async fn raw_bytes(gateway: &Gateway, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut reply = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(n) = tokio::time::timeout(PATIENCE, stream.read(&mut chunk)).await.unwrap() {
        reply.extend_from_slice(&chunk[..n]);
        if n == 0 || reply.ends_with(b"}") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&reply).into_owned();
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    (status, text)
}
