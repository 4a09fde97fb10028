//! REST requests become gRPC calls, and their replies JSON.

use crate::harness::{Gateway, read};
use crate::stand_in::{EVENT, ORDER, PAYMENT};
use serde_json::json;

const CREATE: &str = r#"{"customer_id":"CUST123","items":[{"product_id":"PROD-001","quantity":1,"price":1299.99}],"total_amount":1299.99}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_created_with_exact_amounts() {
    let gateway = Gateway::start().await;
    let reply = gateway.post("/orders", CREATE).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["order_id"], ORDER);
    assert_eq!(body["status"], "PENDING_APPROVAL");
    assert!(body["message"].is_string());
    let created = gateway.orders.created.lock().unwrap().clone().unwrap();
    let price = created.items[0].price.clone().unwrap();
    assert_eq!((price.units, price.nanos, price.currency_code.as_str()), (1299, 990_000_000, "USD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_shown_with_the_decimals_of_its_currency() {
    let gateway = Gateway::start().await;
    let reply = gateway.get(&format!("/orders/{ORDER}")).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains(r#""price":1299.90"#), "{}", reply.text);
    assert!(reply.text.contains(r#""total_amount":2599.80"#), "{}", reply.text);
    insta::assert_json_snapshot!(reply.json());
    let reply = gateway.get(&format!("/orders/{ORDER}/status")).await;
    assert_eq!(reply.text, r#"{"status":"PENDING_APPROVAL"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_trace_and_deadline_are_passed_on() {
    let gateway = Gateway::start().await;
    let request = gateway.http.post(gateway.url("/orders")).header("idempotency-key", "key 1");
    let reply = read(request.body(CREATE.replace("CUST123", "AGAIN"))).await;
    assert_eq!(reply.status, 202, "a body without a type is JSON: {}", reply.text);
    assert_eq!(reply.headers["idempotent-replayed"], "true");
    assert_eq!(gateway.orders.created.lock().unwrap().clone().unwrap().request_id, "key 1");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    read(gateway.http.get(gateway.url(&format!("/orders/{ORDER}"))).header("traceparent", trace)).await;
    let metadata = gateway.orders.metadata.lock().unwrap().clone();
    assert_eq!(metadata.get("traceparent").unwrap(), trace);
    assert!(metadata.contains_key("grpc-timeout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_at_fault_is_named() {
    let gateway = Gateway::start().await;
    let body = r#"{"customer_id":"","items":[{"product_id":"P","quantity":1.5,"price":"1"},{"quantity":0,"price":0.001,"colour":"red"}],
        "payment_method":"GOLD","payment_token":5,"note":"","note":""}"#;
    let request = gateway.http.post(gateway.url("/orders?dry=1")).header("idempotency-key", "é");
    let reply = read(request.header("content-type", "application/json").body(body)).await;
    assert_eq!((reply.status, reply.error().as_str()), (400, "INVALID_FIELDS"));
    let mut fields = reply.fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "Idempotency-Key",
            "customer_id",
            "dry",
            "items[0].price",
            "items[0].quantity",
            "items[1].colour",
            "items[1].price",
            "items[1].product_id",
            "items[1].quantity",
            "note",
            "note",
            "payment_method",
            "payment_token",
            "total_amount",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_a_service_finds_at_fault_get_the_names_of_the_request() {
    let gateway = Gateway::start().await;
    let reply = gateway.post("/orders", &CREATE.replace("CUST123", "INVALID")).await;
    assert_eq!((reply.status, reply.error().as_str()), (400, "INVALID_FIELDS"));
    assert_eq!(reply.fields(), ["Idempotency-Key", "currency", "items[3].quantity"]);
    let reply = gateway.post("/payments", r#"{"order_id":"INVALID","amount":1,"payment_method":"CASH"}"#).await;
    assert_eq!(reply.error(), "INVALID_ARGUMENT");
    assert_eq!(reply.fields(), ["payment_method"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_has_two_names() {
    let gateway = Gateway::start().await;
    for name in ["method", "payment_method"] {
        let reply = gateway.post("/payments", &format!(r#"{{"order_id":"O","amount":5,"{name}":"E_WALLET"}}"#)).await;
        assert_eq!((reply.status, reply.json()["method"].as_str()), (202, Some("E_WALLET")), "{}", reply.text);
    }
    let both = r#"{"order_id":"O","amount":5,"method":"CASH","payment_method":"CASH"}"#;
    assert_eq!(gateway.post("/payments", both).await.fields(), ["payment_method"]);
    assert_eq!(gateway.post("/payments", r#"{"order_id":"O","amount":5}"#).await.fields(), ["method"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_read_in_the_currency_of_its_payment() {
    let gateway = Gateway::start().await;
    let path = format!("/payments/{PAYMENT}/refund");
    let whole = gateway.post(&path, "").await;
    assert_eq!((whole.status, whole.json()["amount"].as_i64()), (202, Some(1200)), "{}", whole.text);
    let part = gateway.post(&path, r#"{"amount":200.0,"reason":"one piece"}"#).await;
    assert!(part.text.contains(r#""amount":200,"#), "{}", part.text);
    assert_eq!(part.json()["payment"]["refunded_amount"], 200);
    for amount in ["0.5", "0", "-1"] {
        let reply = gateway.post(&path, &format!(r#"{{"amount":{amount}}}"#)).await;
        assert_eq!((reply.status, reply.fields()), (400, vec!["amount".to_owned()]), "{amount}");
    }
    assert_eq!(gateway.post(&path, r#"{"amount":"5"}"#).await.fields(), ["amount"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_made_pending_or_short() {
    let gateway = Gateway::start().await;
    let body = |order: &str| format!(r#"{{"order_id":"{order}","items":[{{"product_id":"PROD-001","quantity":2}}]}}"#);
    let reply = gateway.post("/inventory/reserve", &body("O")).await;
    assert_eq!((reply.status, reply.json()["status"].as_str()), (201, Some("RESERVED")));
    let reply = gateway.post("/inventory/reserve", &body("SAGA")).await;
    assert_eq!((reply.status, reply.json()["status"].as_str()), (202, Some("PENDING")));
    let reply = gateway.post("/inventory/reserve", &body("SHORT")).await;
    assert_eq!((reply.status, reply.error().as_str()), (409, "INSUFFICIENT_STOCK"));
    let details = &reply.json()["error"]["details"];
    assert_eq!(details[0], json!({"reservation_id": "res_1", "shortages_total": "1"}));
    assert_eq!(details[1], json!({"product_id": "PROD-005", "location": null, "requested": 6, "available": 5}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_needs_its_quantity() {
    let gateway = Gateway::start().await;
    let reply = gateway.get("/inventory/PROD-001/check?quantity=5").await;
    assert_eq!(reply.json()["available_quantity"], 45);
    for query in ["", "?quantity=", "?quantity=0", "?quantity=x", "?quantity=5&quantity=5"] {
        let reply = gateway.get(&format!("/inventory/PROD-001/check{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec!["quantity".to_owned()]), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn books_are_shown_with_the_decimals_of_their_currency() {
    let gateway = Gateway::start().await;
    let reply = gateway.get(&format!("/payments/{PAYMENT}/ledger")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains(r#""amount":-1200,"#) && reply.text.contains(r#""amount":0.50,"#), "{}", reply.text);
    let entries = &reply.json()["entries"];
    let first = json!({"account": "PROVIDER_CLEARING", "amount": 1200, "currency": "JPY", "refund_id": null,
        "time": "2023-11-14T22:13:20Z"});
    assert_eq!(entries[0], first);
    assert_eq!(
        (&entries[2]["account"], &entries[2]["currency"], &entries[2]["refund_id"]),
        (&json!("SALES"), &json!("USD"), &json!("rfd_1"))
    );
    assert_eq!(gateway.get("/payments/pay_1/ledger").await.status, 404);
    assert_eq!(gateway.get(&format!("/payments/{PAYMENT}/ledger?page_size=1")).await.fields(), ["page_size"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn movements_and_products_are_filtered() {
    let gateway = Gateway::start().await;
    let reply = gateway.get("/inventory/PROD-001/movements?location=EAST&page_size=3&page_token=t").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let movement = json!({"product_id": "PROD-001", "location": "EAST", "type": "DAMAGE", "quantity": -2,
        "reason": "EAST 3 t", "actor": "warehouse:walter", "reservation_id": null, "time": null});
    assert_eq!(reply.json(), json!({"movements": [movement], "next_page_token": "n"}));
    let reply = gateway.get("/inventory/PROD-001/movements?location=%00&page_size=0&type=DAMAGE").await;
    let mut fields = reply.fields();
    fields.sort();
    assert_eq!((reply.status, fields), (400, vec!["location".into(), "page_size".into(), "type".into()]));
    let reply = gateway.get("/inventory?search=%C4%91%C3%A8n").await;
    assert_eq!(reply.json()["products"][0]["name"], "đèn");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lines_pass_and_one_more_does_not() {
    let gateway = Gateway::start().await;
    let body = |lines: usize| {
        let line = r#"{"product_id":"PROD-001","quantity":1,"price":0.01}"#;
        format!(r#"{{"customer_id":"C","items":[{}],"total_amount":100.00}}"#, vec![line; lines].join(","))
    };
    assert_eq!(gateway.post("/orders", &body(10_000)).await.status, 202);
    assert_eq!(gateway.orders.created.lock().unwrap().clone().unwrap().items.len(), 10_000);
    assert_eq!(gateway.post("/orders", &body(10_001)).await.fields(), ["items"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_tell_the_state() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.get("/healthz").await.text, r#"{"status":"ok"}"#);
    assert_eq!(gateway.get("/readyz").await.json()["services"]["orders"], "SERVING");
    let gateway = Gateway::with(|config| config.payments.address = "http://127.0.0.1:1".into()).await;
    let reply = gateway.get("/readyz").await;
    assert_eq!((reply.status, reply.error().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(reply.json()["error"]["details"][1], json!({"service": "payments", "status": "NOT_SERVING"}));
    assert_eq!(gateway.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_event_goes_on_byte_for_byte() {
    let gateway = Gateway::start().await;
    let send = |signature: &'static str, body: &'static str| {
        let request = gateway.http.post(gateway.url("/webhooks/stripe")).header("stripe-signature", signature);
        read(request.header("content-type", "application/json; charset=utf-8").body(body))
    };
    let reply = send("t=1,v1=good", EVENT).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"received":true}"#));
    let reply = send("t=1,v1=bad", EVENT).await;
    assert_eq!((reply.status, reply.fields()), (400, vec!["signature".to_owned()]));
    assert_eq!(gateway.post("/webhooks/stripe", EVENT).await.status, 400, "no signature");
}
