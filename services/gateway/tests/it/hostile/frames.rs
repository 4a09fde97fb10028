//! Messages of gRPC that can't be read, to every method of every service, through the gateway and past it.

use super::{Besieged, PATIENCE};
use http::{Request, Response};
use std::time::Duration;
use tonic::body::Body;
use tonic::client::GrpcService as _;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// A message of so many bytes as its frame says.
fn frame(flag: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], bytes].concat()
}

fn whole(flag: u8, bytes: &[u8]) -> Vec<u8> {
    frame(flag, u32::try_from(bytes.len()).unwrap(), bytes)
}

type Headers = &'static [(&'static str, &'static str)];

/// Headers and body of what can't be read as one message.
fn attacks() -> Vec<(&'static str, Headers, Vec<u8>)> {
    let gzip: Headers = &[("grpc-encoding", "gzip")];
    let mut deep = Vec::new();
    for _ in 0..1_000 {
        deep = [&[0x0b][..], &deep, &[0x0c]].concat();
    }
    vec![
        ("nothing", &[], Vec::new()),
        ("half a frame", &[], vec![0, 0, 0]),
        ("less than its length", &[], frame(0, 100, b"short")),
        ("more than its length", &[], [whole(0, &[]), b"and more".to_vec()].concat()),
        ("two messages", &[], [whole(0, &[]), whole(0, &[])].concat()),
        ("four gigabytes to come", &[], frame(0, u32::MAX, b"")),
        ("more than is taken", &[], frame(0, 17 << 20, b"")),
        ("no protobuf", &[], whole(0, &[0xff; 64])),
        ("a field of no type", &[], whole(0, &[0x0f, 0x01])),
        ("a field of number nought", &[], whole(0, &[0x02, 0x00])),
        ("a text that is no text", &[], whole(0, &[0x0a, 0x02, 0xc3, 0x28])),
        ("a text longer than its message", &[], whole(0, &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07])),
        (
            "a number without an end",
            &[],
            whole(0, &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ),
        ("a group in a group in a group", &[], whole(0, &deep)),
        ("compressed, but not said how", &[], whole(1, &[0x0a, 0x00])),
        ("compressed, and it is not", gzip, whole(1, b"not gzip")),
        ("compressed as nobody does", &[("grpc-encoding", "snappy")], whole(1, &[0x0a, 0x00])),
        ("a flag that is none", &[], whole(2, &[])),
        ("trailers in a request", &[], whole(0x80, b"grpc-status:0\r\n")),
    ]
}

struct Answer {
    http: u16,
    status: Option<Status>,
}

async fn send(channel: &mut Channel, path: &str, content_type: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = Request::post(path).header("content-type", content_type).header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Body::new(http_body_util::Full::from(body.to_vec()));
    let call = async {
        std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
        channel.call(request.body(body).unwrap()).await
    };
    let answer: Result<Response<Body>, _> =
        tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| panic!("{path} hangs"));
    match answer {
        Ok(response) => {
            Answer { http: response.status().as_u16(), status: Status::from_header_map(response.headers()) }
        }
        // Our own end keeps to a deadline in the headers too.
        Err(error) => Answer { http: 200, status: Some(Status::deadline_exceeded(error.to_string())) },
    }
}

/// Whose fault it is said to be, in words that may be read by anybody.
fn judge(answer: &Answer, what: &str) {
    let Some(status) = &answer.status else { return };
    let ours = [Code::Internal, Code::Unknown, Code::DataLoss].contains(&status.code());
    assert!(!ours, "{status:?} to {what}");
    assert_eq!(hostile::leak(status.message(), what), None, "{} to {what}", status.message());
    let details = String::from_utf8_lossy(status.details());
    assert_eq!(hostile::leak(&details, what), None, "{details} to {what}");
}

fn methods() -> Vec<String> {
    let services = contracts::services().unwrap();
    let paths = services
        .iter()
        .flat_map(|(name, service)| service.method.iter().map(move |method| format!("/{name}/{}", method.name())));
    paths.chain(["/grpc.health.v1.Health/Check".to_owned()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cant_be_read_is_its_senders_fault() {
    let system = Besieged::start().await;
    for (name, process) in system.processes() {
        let mut channel = process.channel();
        for method in methods().iter().filter(|method| name == "gateway" || method.contains(name)) {
            for (attack, headers, body) in attacks() {
                let what = format!("{attack} to {method} of {name}");
                let answer = send(&mut channel, method, "application/grpc", headers, &body).await;
                assert_eq!(answer.http, 200, "{what}");
                judge(&answer, &what);
            }
        }
    }
    system.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_known_by_its_content_type() {
    let system = Besieged::start().await;
    let path = "/oms.orders.v1.OrderService/GetOrder";
    for (name, process) in [("orders", &system.system.orders), ("gateway", &system.system.gateway)] {
        let mut channel = process.channel();
        for content_type in [
            "",
            "text/plain",
            "application/json",
            "application/grpcx",
            "application/grpc+json",
            "application/grpc;",
            "application/grpc-web-text+x",
        ] {
            let what = format!("{content_type} to {name}");
            let answer = send(&mut channel, path, content_type, &[], &whole(0, &[])).await;
            assert!([200, 400, 415].contains(&answer.http), "{} to {what}", answer.http);
            judge(&answer, &what);
        }
        for timeout in ["0n", "99999999H", "-1S", "1e9S", "S", "18446744073709551616S", "1S, 2S"] {
            let answer =
                send(&mut channel, path, "application/grpc", &[("grpc-timeout", timeout)], &whole(0, &[])).await;
            judge(&answer, timeout);
        }
    }
    system.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_in_the_clothes_of_the_web() {
    let system = Besieged::start().await;
    let url = system.url("/oms.orders.v1.OrderService/GetOrder");
    for (attack, headers, body) in attacks() {
        for content_type in ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"] {
            let mut request = system.system.http.post(&url).header("content-type", content_type).body(body.clone());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.timeout(Duration::from_secs(20));
            let reply = request.send().await.unwrap_or_else(|error| panic!("{attack} as {content_type}: {error}"));
            let what = format!("{attack} as {content_type}");
            let answer = Answer { http: reply.status().as_u16(), status: Status::from_header_map(reply.headers()) };
            assert!([200, 400, 413, 415].contains(&answer.http), "{} to {what}", answer.http);
            judge(&answer, &what);
        }
    }
    system.end().await;
}
