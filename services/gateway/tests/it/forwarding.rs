//! gRPC through the gateway.

use crate::harness::{Gateway, behind_at};
use crate::stand_in::ORDER;
use contracts::orders::order_service_server::OrderServiceServer;
use contracts::orders::{CreateOrderRequest, GetOrderRequest, RejectOrderRequest, WatchOrderRequest};
use contracts::payments::ListPaymentsRequest;
use contracts::payments::payment_service_client::PaymentServiceClient;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

fn get() -> GetOrderRequest {
    GetOrderRequest { order_id: ORDER.into(), view: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_passes_both_ways() {
    let gateway = Gateway::start().await;
    let mut request = Request::new(get());
    request.metadata_mut().insert("x-caller", "me".parse().unwrap());
    // Only our own services may say so: it goes before everybody else.
    service::limits::carries_on(&mut request);
    let response = gateway.client().await.get_order(request).await.unwrap();
    assert_eq!(response.metadata().get("x-stand-in").unwrap(), "orders");
    let seen = gateway.orders.metadata.lock().unwrap().clone();
    assert!(seen.get(service::limits::CARRIES_ON).is_none(), "{seen:?}");
    assert_eq!(seen.get("x-caller").unwrap(), "me");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_always_passed_on_and_bounded() {
    let gateway = Gateway::start().await;
    let mut client = gateway.client().await;
    for (asked, expected) in [(None, 10_000_000), (Some(2), 2_000_000), (Some(60), 10_000_000)] {
        let mut request = Request::new(get());
        if let Some(seconds) = asked {
            request.set_timeout(Duration::from_secs(seconds));
        }
        client.get_order(request).await.unwrap();
        let timeout = gateway.orders.metadata.lock().unwrap().get("grpc-timeout").unwrap().to_str().unwrap().to_owned();
        assert_eq!(timeout, format!("{expected}u"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_at_its_deadline() {
    let gateway = Gateway::with(|config| config.server.deadline_ms = 200).await;
    let begin = Instant::now();
    let status = gateway.client().await.reject_order(RejectOrderRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lasts_for_any_number_of_calls() {
    // A service hangs up on a peer that sends it more than a hundred empty frames.
    let gateway = Gateway::start().await;
    let mut client = gateway.client().await;
    for call in 0..250 {
        client.get_order(get()).await.unwrap_or_else(|status| panic!("call {call}: {status}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_passes_whole() {
    let gateway = Gateway::start().await;
    let status =
        gateway.client().await.approve_order(contracts::orders::ApproveOrderRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.message(), "die Bestellung ist schon geprüft");
    assert_eq!(status.get_details_error_info().unwrap().metadata["state"], "APPROVED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_comes_as_it_is_sent() {
    let gateway = Gateway::start().await;
    let mut client = gateway.client().await;
    let waiting = WatchOrderRequest { after_sequence: 300, ..Default::default() };
    let mut stream = client.watch_order(waiting).await.unwrap().into_inner();
    for sequence in 1..=3 {
        // The next one is only sent when this one has arrived.
        assert_eq!(stream.message().await.unwrap().unwrap().event.unwrap().sequence, sequence);
        gateway.orders.go_on.notify_one();
    }
    assert!(stream.message().await.unwrap().is_none());
    let broken = WatchOrderRequest { after_sequence: 200, ..Default::default() };
    let mut stream = client.watch_order(broken).await.unwrap().into_inner();
    while let Ok(message) = stream.message().await.map_err(|s| assert_eq!(s.code(), Code::Aborted)) {
        assert!(message.is_some(), "ended well");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_ends_at_the_bound_and_when_the_gateway_stops() {
    let endless = || WatchOrderRequest { after_sequence: 100, ..Default::default() };
    let gateway = Gateway::with(|config| config.server.stream_deadline_ms = 400).await;
    let mut stream = gateway.client().await.watch_order(endless()).await.unwrap().into_inner();
    let end = loop {
        if let Err(status) = stream.message().await {
            break status;
        }
    };
    assert_eq!(end.code(), Code::DeadlineExceeded, "{end}");

    let gateway = Gateway::start().await;
    let mut stream = gateway.client().await.watch_order(endless()).await.unwrap().into_inner();
    stream.message().await.unwrap();
    let begin = Instant::now();
    gateway.stop.cancel();
    let end = loop {
        if let Err(status) = stream.message().await {
            break status;
        }
    };
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    drop(stream);
    gateway.ended.await.unwrap().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_limit_is_refused() {
    let gateway = Gateway::start().await;
    let message = CreateOrderRequest { payment_token: "x".repeat(17 * 1024 * 1024), ..Default::default() };
    let status = gateway.client().await.create_order(message).await.unwrap_err();
    assert!([Code::ResourceExhausted, Code::OutOfRange].contains(&status.code()), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_are_unimplemented_and_absent_services_unavailable() {
    let gateway = Gateway::with(|config| config.payments.address = "http://127.0.0.1:1".into()).await;
    let channel = gateway.channel().await;
    let begin = Instant::now();
    let status =
        PaymentServiceClient::new(channel.clone()).list_payments(ListPaymentsRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "SERVICE_UNREACHABLE");
    assert!(begin.elapsed() < Duration::from_millis(1_500));
    for path in ["/nobody.Knows/This", "/oms.orders.v1.OrderService/This"] {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<GetOrderRequest, GetOrderRequest>::default();
        let status = grpc.unary(Request::new(get()), path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_comes_back_is_found_again() {
    // A port that is free now and where nobody listens yet.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let gateway = Gateway::with(|config| config.orders.address = format!("http://{address}")).await;
    let mut client = gateway.client().await;
    let path = format!("/orders/{ORDER}/status");
    for _ in 0..2 {
        assert_eq!(client.get_order(get()).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(gateway.get(&path).await.status, 503);
        let stop = CancellationToken::new();
        let router = Server::builder().add_service(OrderServiceServer::new(gateway.orders.clone()));
        behind_at(&address, router, &stop).await;
        client.get_order(get()).await.unwrap();
        assert_eq!(gateway.get(&path).await.status, 200);
        stop.cancel();
        // Until it is really gone.
        while std::net::TcpStream::connect(&address).is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_that_of_the_services_behind() {
    let gateway = Gateway::with(|config| config.payments.address = "http://127.0.0.1:1".into()).await;
    let mut health = HealthClient::new(gateway.channel().await);
    for (service, expected) in [("", 1), ("oms.orders.v1.OrderService", 1), ("oms.payments.v1.PaymentService", 2)] {
        let reply = health.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        assert_eq!(reply.into_inner().status, expected, "{service}");
    }
    let status = health.check(HealthCheckRequest { service: "nobody".into() }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let mut watch = health.watch(HealthCheckRequest { service: "nobody".into() }).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_knows_all_services_in_both_versions() {
    use tonic_reflection::pb::{v1, v1alpha};
    let gateway = Gateway::start().await;
    let channel = gateway.channel().await;
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut replies = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let reply = replies.message().await.unwrap().unwrap().message_response.unwrap();
    let v1::server_reflection_response::MessageResponse::ListServicesResponse(list) = reply else {
        panic!("{reply:?}")
    };
    let names: Vec<_> = list.service.into_iter().map(|s| s.name).collect();
    for package in ["orders", "payments", "inventory"] {
        assert!(names.contains(&format!("oms.{package}.v1.AuditService")), "{names:?}");
    }
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
            "oms.inventory.v1.InventoryService".to_owned(),
        )),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let mut replies = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let reply = replies.message().await.unwrap().unwrap().message_response.unwrap();
    assert!(
        matches!(reply, v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(_)),
        "{reply:?}"
    );
}
