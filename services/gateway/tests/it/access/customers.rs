//! A customer sees and touches what is theirs, on every way in.

use super::{Guarded, reason};
use access::rules::rule;
use contracts::Method;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{GetOrderRequest, OrderStatus, WatchOrderRequest};
use contracts::payments::payment_service_client::PaymentServiceClient;
use contracts::payments::{CreatePaymentRequest, GetRefundRequest, WatchPaymentRequest};
use serde_json::{Value, json};
use testkit::PATIENCE;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

fn order(customer: &str) -> Value {
    json!({"customer_id": customer, "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
        "total_amount": 1299.99, "payment_method": "CREDIT_CARD"})
}

fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

impl Guarded {
    /// Until the order, as this caller sees it, has this status.
    async fn until(&self, order: &str, token: &str, status: OrderStatus) {
        let mut client = OrderServiceClient::new(self.system.gateway.channel());
        let watch = WatchOrderRequest { order_id: order.to_owned(), after_sequence: 0 };
        let mut events = client.watch_order(with(token, watch)).await.unwrap().into_inner();
        let reached = async {
            while let Some(message) = events.message().await.unwrap() {
                if message.event.unwrap().status() == status {
                    return;
                }
            }
            panic!("the order ended without {status:?}");
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }

    /// An order of this customer's, delivered as far as the stock is taken.
    async fn processed(&self, customer: &str) -> (String, String) {
        let token = self.token(customer, &["customer"]);
        let (status, reply) = self.post("/orders", &token, order(customer)).await;
        assert_eq!(status, 202, "{reply}");
        let id = reply["order_id"].as_str().unwrap().to_owned();
        self.until(&id, &token, OrderStatus::PendingApproval).await;
        let manager = self.token("alice", &["manager"]);
        assert_eq!(self.post(&format!("/orders/{id}/approve"), &manager, Value::Null).await.0, 202);
        self.until(&id, &token, OrderStatus::Processing).await;
        let (_, stored) = self.get(&format!("/orders/{id}"), &token).await;
        (id, stored["payment_id"].as_str().unwrap().to_owned())
    }
}

/// Every method that customers may call is in one of the tests below.
#[test]
fn all_that_customers_may_call_is_tested() {
    use Method as M;
    let tested = [
        M::OrdersCreateOrder,
        M::OrdersGetOrder,
        M::OrdersListOrders,
        M::OrdersWatchOrder,
        M::OrdersCancelOrder,
        M::PaymentsCreatePayment,
        M::PaymentsGetPayment,
        M::PaymentsListPayments,
        M::PaymentsWatchPayment,
        M::PaymentsCancelPayment,
        M::PaymentsGetRefund,
        M::PaymentsListRefunds,
    ];
    for method in M::ALL {
        assert_eq!(rule(*method).own, tested.contains(method), "{method:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_its_customers() {
    let guarded = Guarded::start().await;
    let (mine, foreign) = (guarded.token("CUST-A", &["customer"]), guarded.token("CUST-B", &["customer"]));
    let (status, reply) = guarded.post("/orders", &foreign, order("CUST-A")).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("NOT_YOURS")));
    let (id, _) = guarded.processed("CUST-A").await;

    let unknown = format!("ord_{:032}", 0);
    for path in ["", "/status"] {
        assert_eq!(guarded.get(&format!("/orders/{id}{path}"), &mine).await.0, 200);
        // Nothing tells an order of somebody else from none.
        let (status, foreigns) = guarded.get(&format!("/orders/{id}{path}"), &foreign).await;
        let (_, none) = guarded.get(&format!("/orders/{unknown}{path}"), &foreign).await;
        assert_eq!(status, 404);
        assert_eq!(foreigns.to_string().replace(&id, &unknown), none.to_string());
    }
    assert_eq!(guarded.post(&format!("/orders/{id}/cancel"), &foreign, Value::Null).await.0, 404);
    assert_eq!(guarded.post(&format!("/orders/{id}/approve"), &mine, Value::Null).await.0, 403);
    for (token, orders) in [(&mine, 1), (&foreign, 0)] {
        let (_, list) = guarded.get("/orders", token).await;
        assert_eq!(list["orders"].as_array().unwrap().len(), orders);
    }
    assert_eq!(guarded.get("/orders?customer_id=CUST-A", &foreign).await.0, 403);
    assert_eq!(guarded.get("/orders?customer_id=CUST-A", &mine).await.0, 200);

    for channel in [guarded.system.gateway.channel(), guarded.system.services()[0].1.channel()] {
        let mut client = OrderServiceClient::new(channel);
        let get = || GetOrderRequest { order_id: id.clone(), ..Default::default() };
        let refused = client.get_order(with(&foreign, get())).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "ORDER_NOT_FOUND".to_owned()));
        let stored = client.get_order(with(&mine, get())).await.unwrap().into_inner().order.unwrap();
        // Who did what is on record.
        let actors: Vec<&str> = stored.timeline.iter().map(|event| event.actor.as_str()).collect();
        assert_eq!(actors[0], "customer");
        assert!(actors.contains(&"manager:alice"), "{actors:?}");
        let watch = || WatchOrderRequest { order_id: id.clone(), after_sequence: 0 };
        let refused = client.watch_order(with(&foreign, watch())).await.err().unwrap();
        assert_eq!(refused.code(), Code::NotFound);
    }
    assert_eq!(guarded.post(&format!("/orders/{id}/cancel"), &mine, Value::Null).await.0, 202);
    guarded.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_its_customers() {
    let guarded = Guarded::start().await;
    let (mine, foreign) = (guarded.token("CUST-A", &["customer"]), guarded.token("CUST-B", &["customer"]));
    let (_, payment) = guarded.processed("CUST-A").await;
    let finance = guarded.token("bob", &["finance"]);
    let (status, reply) = guarded.post(&format!("/payments/{payment}/refund"), &finance, json!({"amount": 1})).await;
    assert_eq!(status, 202, "{reply}");
    for path in ["", "/status", "/refunds"] {
        assert_eq!(guarded.get(&format!("/payments/{payment}{path}"), &mine).await.0, 200, "{path}");
        assert_eq!(guarded.get(&format!("/payments/{payment}{path}"), &foreign).await.0, 404, "{path}");
    }
    assert_eq!(guarded.post(&format!("/payments/{payment}/cancel"), &foreign, Value::Null).await.0, 404);
    assert_eq!(guarded.post(&format!("/payments/{payment}/cancel"), &mine, Value::Null).await.0, 409);
    assert_eq!(guarded.post(&format!("/payments/{payment}/refund"), &mine, Value::Null).await.0, 403);
    for (token, payments) in [(&mine, 1), (&foreign, 0), (&finance, 1)] {
        let (_, list) = guarded.get("/payments", token).await;
        assert_eq!(list["payments"].as_array().unwrap().len(), payments);
    }

    let (_, refunds) = guarded.get(&format!("/payments/{payment}/refunds"), &mine).await;
    let refund_id = refunds["refunds"][0]["refund_id"].as_str().unwrap().to_owned();
    let mut client = PaymentServiceClient::new(guarded.system.gateway.channel());
    let get = || GetRefundRequest { refund_id: refund_id.clone() };
    assert!(client.get_refund(with(&mine, get())).await.is_ok());
    let refused = client.get_refund(with(&foreign, get())).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "REFUND_NOT_FOUND".to_owned()));
    let list = client.list_refunds(with(&foreign, Default::default())).await.unwrap().into_inner();
    assert_eq!(list.refunds.len(), 0);
    let watch = || WatchPaymentRequest { payment_id: payment.clone(), after_sequence: 0 };
    assert!(client.watch_payment(with(&mine, watch())).await.is_ok());
    assert_eq!(client.watch_payment(with(&foreign, watch())).await.err().unwrap().code(), Code::NotFound);

    // A step of a fulfilment is taken by our own services only.
    let step =
        CreatePaymentRequest { saga_key: "ord_1/charge/1".into(), order_id: "ord_1".into(), ..Default::default() };
    let refused = client.create_payment(with(&mine, step)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "ROLE_MISSING".to_owned()));

    // By hand: a customer pays only for themselves.
    let pay = |customer: Option<&str>| {
        let mut body = json!({"order_id": "ORDER-1", "amount": 5, "method": "CASH"});
        customer.inspect(|customer| body["customer_id"] = json!(customer));
        body
    };
    let (status, reply) = guarded.post("/payments", &foreign, pay(Some("CUST-A"))).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("NOT_YOURS")));
    let (status, reply) = guarded.post("/payments", &foreign, pay(None)).await;
    assert_eq!(status, 202, "{reply}");
    let theirs = reply["payment_id"].as_str().unwrap();
    assert_eq!(guarded.get(&format!("/payments/{theirs}"), &foreign).await.0, 200);
    assert_eq!(guarded.get(&format!("/payments/{theirs}"), &mine).await.0, 404);
    guarded.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_callers() {
    let guarded = Guarded::start().await;
    let mut made = Vec::new();
    for customer in ["CUST-A", "CUST-B", "CUST-A"] {
        let token = guarded.token(customer, &["customer"]);
        let request = guarded.request(&reqwest::Method::POST, "/orders", &token).header("idempotency-key", "the same");
        let reply: Value = request.json(&order(customer)).send().await.unwrap().json().await.unwrap();
        made.push(reply["order_id"].as_str().unwrap().to_owned());
    }
    assert!(made[0] != made[1] && made[0] == made[2], "{made:?}");
    guarded.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_too_often_waits_and_nobody_else() {
    let guarded = Guarded::start().await;
    let mut client = PaymentServiceClient::new(guarded.system.gateway.channel());
    let (mine, other) = (guarded.token("CUST-A", &["customer"]), guarded.token("CUST-B", &["customer"]));
    let refund_id = format!("rfd_{:032}", 0);
    let mut look = async |token: &str| {
        client.get_refund(with(token, GetRefundRequest { refund_id: refund_id.clone() })).await.unwrap_err()
    };
    let refused = loop {
        let answer = look(&mine).await;
        if answer.code() != Code::NotFound {
            break answer;
        }
    };
    assert_eq!((refused.code(), reason(&refused)), (Code::ResourceExhausted, "RATE_LIMITED".to_owned()));
    assert_eq!(look(&other).await.code(), Code::NotFound);
    let wait = refused.get_error_details().retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!(wait.as_secs_f64() <= 1.0, "{wait:?}");
    // As it was told.
    tokio::time::sleep(wait).await;
    assert_eq!(look(&mine).await.code(), Code::NotFound);
}
