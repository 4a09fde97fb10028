//! The local mode's role switch, on every way in.

use super::{Guarded, answered, reason};
use crate::web::{frame, frames};
use crate::whole::System;
use access::{LOCAL_ROLE, LOCAL_SUBJECT};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{ApproveOrderRequest, OrderStatus};
use contracts::payments::GetRefundRequest;
use contracts::payments::payment_service_client::PaymentServiceClient;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::{Code, Request};

/// Who somebody says to be: a role, and a name unless it is empty.
type Who<'a> = (&'a str, &'a str);

const ANNA: Who<'_> = ("customer", "CUST-A");
const MANAGER: Who<'_> = ("manager", "");

async fn ask(system: &System, who: Who<'_>, method: Method, path: &str, body: Value) -> (u16, Value) {
    let mut request = system.http.request(method, format!("{}{path}", system.gateway.url())).header(LOCAL_ROLE, who.0);
    if !who.1.is_empty() {
        request = request.header(LOCAL_SUBJECT, who.1);
    }
    answered(if body.is_null() { request } else { request.json(&body) }).await
}

async fn get(system: &System, who: Who<'_>, path: &str) -> (u16, Value) {
    ask(system, who, Method::GET, path, Value::Null).await
}

async fn post(system: &System, who: Who<'_>, path: &str, body: Value) -> (u16, Value) {
    ask(system, who, Method::POST, path, body).await
}

fn approve(order: &str, role: &'static str) -> Request<ApproveOrderRequest> {
    let mut request = Request::new(ApproveOrderRequest { order_id: order.to_owned(), ..Default::default() });
    request.metadata_mut().insert(LOCAL_ROLE, role.parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_what_it_says() {
    let system = System::start().await;
    let order = json!({"customer_id": "CUST-A", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1}],
        "total_amount": 1});
    let (status, reply) = post(&system, ("customer", "CUST-B"), "/orders", order.clone()).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("NOT_YOURS")));
    let (status, reply) = post(&system, ANNA, "/orders", order).await;
    assert_eq!(status, 202, "{reply}");
    let id = reply["order_id"].as_str().unwrap();
    system.until(id, OrderStatus::PendingApproval).await;

    assert_eq!(get(&system, ANNA, &format!("/orders/{id}")).await.0, 200);
    assert_eq!(get(&system, ("customer", "CUST-B"), &format!("/orders/{id}")).await.0, 404);
    let (status, reply) = post(&system, ANNA, &format!("/orders/{id}/approve"), Value::Null).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("ROLE_MISSING")));
    // The services ask for themselves, so the gateway has to hand on what it was told.
    for channel in [system.gateway.channel(), system.services()[0].1.channel()] {
        let refused = OrderServiceClient::new(channel).approve_order(approve(id, "auditor")).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "ROLE_MISSING".to_owned()));
    }
    OrderServiceClient::new(system.gateway.channel()).approve_order(approve(id, "manager")).await.unwrap();
    let (_, stored) = get(&system, MANAGER, &format!("/orders/{id}")).await;
    let actors: Vec<&str> =
        stored["timeline"].as_array().unwrap().iter().filter_map(|event| event["actor"].as_str()).collect();
    assert_eq!(actors[0], "customer");
    assert!(actors.contains(&"manager:local"), "{actors:?}");
    let carol = ("warehouse", "carol");
    let change = json!({"location": "MAIN", "quantity": 1, "type": "RECEIPT", "reason": "found"});
    assert_eq!(post(&system, carol, "/inventory/PROD-001/adjust", change).await.0, 200);
    system.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_browser_may_say_it_too() {
    let system = System::start().await;
    let unknown = ApproveOrderRequest { order_id: format!("ord_{:032}", 0), ..Default::default() };
    let url = format!("{}/oms.orders.v1.OrderService/ApproveOrder", system.gateway.url());
    let call = async |role: &str| {
        let request = system.http.post(&url).header("content-type", "application/grpc-web+proto");
        let reply = request.header(LOCAL_ROLE, role).body(frame(&unknown)).send().await.unwrap();
        let header = reply.headers().get("grpc-status").map(|value| value.to_str().unwrap().to_owned());
        let body = reply.bytes().await.unwrap();
        header.unwrap_or_else(|| frames(&body).1.lines().find_map(|l| l.strip_prefix("grpc-status:")).unwrap().into())
    };
    assert_eq!(call("manager").await, "5", "not found");
    assert_eq!(call("warehouse").await, "7", "not theirs to do");
    assert_eq!(call("pilot").await, "3", "no role");
    let (status, reply) = get(&system, ("pilot", ""), "/orders").await;
    assert_eq!((status, &reply["error"]["code"]), (400, &json!("INVALID_FIELDS")), "{reply}");
    assert_eq!(reply["error"]["details"][0]["field"], LOCAL_ROLE);
    assert!(reply["error"]["message"].as_str().unwrap().contains(LOCAL_ROLE), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_counted_by_what_they_say() {
    let system = System::start().await;
    // `whole` allows three of these at once to a caller whom a token names.
    for _ in 0..30 {
        let message = GetRefundRequest { refund_id: format!("rfd_{:032}", 0) };
        let mut request = Request::new(message);
        request.metadata_mut().insert(LOCAL_ROLE, "finance".parse().unwrap());
        let refused = PaymentServiceClient::new(system.gateway.channel()).get_refund(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
}

/// Where tokens are asked for these headers are words.
#[tokio::test(flavor = "multi_thread")]
async fn with_tokens_it_says_nothing() {
    let guarded = Guarded::start().await;
    let path = format!("/orders/ord_{:032}/approve", 0);
    let as_manager = |token: &str| guarded.request(&Method::POST, &path, token).header(LOCAL_ROLE, "manager");
    assert_eq!(answered(as_manager("")).await.0, 401);
    let (status, reply) = answered(as_manager(&guarded.token("CUST-A", &["customer"]))).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("ROLE_MISSING")));
    let manager = guarded.token("alice", &["manager"]);
    let pilot = guarded.request(&Method::POST, &path, &manager).header(LOCAL_ROLE, "pilot");
    assert_eq!(answered(pilot).await.0, 404);
}
