//! gRPC-Web over HTTP/1.1, and pages of other origins.

use crate::harness::{Gateway, read};
use crate::stand_in::ORDER;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contracts::orders::{GetOrderRequest, GetOrderResponse, WatchOrderRequest};
use prost::Message;
use reqwest::{Method, Response};

const SERVICE: &str = "/oms.orders.v1.OrderService";

pub(crate) fn frame(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), &bytes].concat()
}

/// The frames of a reply: messages, and trailers as text.
pub(crate) fn frames(mut bytes: &[u8]) -> (Vec<Vec<u8>>, String) {
    let (mut messages, mut trailers) = (Vec::new(), String::new());
    while let Some((head, rest)) = bytes.split_at_checked(5) {
        let length = usize::try_from(u32::from_be_bytes(head[1..].try_into().unwrap())).unwrap();
        let (body, rest) = rest.split_at(length);
        if head[0] & 0x80 == 0 {
            messages.push(body.to_vec());
        } else {
            trailers = String::from_utf8(body.to_vec()).unwrap();
        }
        bytes = rest;
    }
    (messages, trailers)
}

/// Text replies are groups of base64, each padded by itself.
fn decode_text(text: &str) -> Vec<u8> {
    let groups = text.as_bytes().chunks(4);
    groups.flat_map(|group| STANDARD.decode(group).unwrap()).collect()
}

async fn call(gateway: &Gateway, method: &str, kind: &str, body: Vec<u8>) -> Response {
    let kind = format!("application/grpc-web{kind}");
    let request = gateway.http.post(gateway.url(&format!("{SERVICE}/{method}")));
    request.header("content-type", &kind).header("accept", &kind).body(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_works_in_binary_and_in_text() {
    let gateway = Gateway::start().await;
    let request = frame(&GetOrderRequest { order_id: ORDER.into(), view: 0 });
    let binary = call(&gateway, "GetOrder", "+proto", request.clone()).await;
    assert_eq!(binary.status(), 200);
    let binary = binary.bytes().await.unwrap().to_vec();
    let text = call(&gateway, "GetOrder", "-text", STANDARD.encode(request).into()).await;
    let text = decode_text(&text.text().await.unwrap());
    for reply in [binary, text] {
        let (messages, trailers) = frames(&reply);
        let order = GetOrderResponse::decode(messages[0].as_slice()).unwrap().order.unwrap();
        assert_eq!(order.order_id, ORDER);
        assert!(trailers.contains("grpc-status:0"), "{trailers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_works_in_text() {
    let gateway = Gateway::start().await;
    let request = STANDARD.encode(frame(&WatchOrderRequest { after_sequence: 200, ..Default::default() }));
    let reply = call(&gateway, "WatchOrder", "-text+proto", request.into()).await.text().await.unwrap();
    let (messages, trailers) = frames(&decode_text(&reply));
    assert_eq!(messages.len(), 3);
    assert!(trailers.contains("grpc-status:10"), "{trailers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_in_the_headers() {
    let gateway = Gateway::start().await;
    let reply = call(&gateway, "ApproveOrder", "", frame(&GetOrderRequest::default())).await;
    assert_eq!((reply.status().as_u16(), &reply.headers()["grpc-status"]), (200, &"9".parse().unwrap()));
    assert!(reply.headers().contains_key("grpc-status-details-bin"));
    let nobody =
        gateway.http.post(gateway.url("/nobody.Knows/This")).header("content-type", "application/grpc-web+proto");
    let reply = nobody.send().await.unwrap();
    assert_eq!((reply.status().as_u16(), &reply.headers()["grpc-status"]), (200, &"12".parse().unwrap()));
    let reply = call(&gateway, "GetOrder", "-text", b"no base64!".to_vec()).await;
    assert_eq!(reply.headers()["grpc-status"], "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_call() {
    let gateway = Gateway::start().await;
    let preflight = gateway
        .http
        .request(Method::OPTIONS, gateway.url(&format!("{SERVICE}/GetOrder")))
        .header("origin", "http://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-grpc-web,idempotency-key");
    let reply = read(preflight).await;
    assert_eq!((reply.status, &reply.headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
    assert_eq!(reply.headers["access-control-allow-headers"], "content-type,x-grpc-web,idempotency-key");
    let reply = read(gateway.http.get(gateway.url("/orders/x")).header("origin", "http://shop.example")).await;
    assert_eq!(reply.error(), "NOT_FOUND");
    let exposed = reply.headers["access-control-expose-headers"].to_str().unwrap();
    for header in ["grpc-status", "grpc-message", "grpc-status-details-bin", "idempotent-replayed"] {
        assert!(exposed.contains(header), "{exposed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_can_be_limited() {
    let gateway = Gateway::with(|config| config.cors.origins = vec!["http://shop.example".into()]).await;
    for (origin, allowed) in [("http://shop.example", true), ("http://other.example", false)] {
        let reply = read(gateway.http.get(gateway.url("/healthz")).header("origin", origin)).await;
        assert_eq!(reply.headers.contains_key("access-control-allow-origin"), allowed, "{origin}");
    }
}
