//! The whole system through the gateway.

use crate::whole::System;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{GetOrderRequest, OrderStatus};
use serde_json::{Value, json};
use std::collections::HashMap;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_end_to_end() {
    let system = System::start().await;
    let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
        "total_amount": 1299.99});
    let (status, reply) = system.post("/orders", order).await;
    assert_eq!((status, &reply["status"]), (202, &json!("CREATED")));
    let order = reply["order_id"].as_str().unwrap().to_owned();
    system.until(&order, OrderStatus::PendingApproval).await;
    assert_eq!(system.get(&format!("/orders/{order}/status")).await, (200, json!({"status": "PENDING_APPROVAL"})));
    assert_eq!(system.post(&format!("/orders/{order}/approve"), Value::Null).await.0, 202);
    assert_eq!(system.post(&format!("/orders/{order}/approve"), Value::Null).await.0, 409);

    let payment = json!({"order_id": order, "amount": 1299.99, "payment_method": "CREDIT_CARD"});
    let (status, payment) = system.post("/payments", payment).await;
    assert_eq!(status, 202, "{payment}");
    let items = json!({"order_id": order, "items": [{"product_id": "PROD-001", "quantity": 1}]});
    let (status, reservation) = system.post("/inventory/reserve", items).await;
    assert_eq!(status, 201, "{reservation}");
    let id = reservation["reservation_id"].as_str().unwrap();
    assert_eq!(system.post(&format!("/inventory/commit/{id}"), Value::Null).await.0, 200);
    let (_, stock) = system.get("/inventory/PROD-001").await;
    assert_eq!(stock["available_quantity"], 44);
    system.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_buyers_of_ten_pieces_get_ten() {
    let system = std::sync::Arc::new(System::start().await);
    // PROD-004 has 10 for sale.
    let buyers = (0..100).map(|i| {
        let system = std::sync::Arc::clone(&system);
        tokio::spawn(async move {
            let one = json!({"order_id": format!("ORDER-{i}"), "items": [{"product_id": "PROD-004", "quantity": 1}]});
            let url = format!("{}/inventory/reserve", system.gateway.url());
            // 503 is no answer: on a slow machine a buyer asks again, under the same key.
            loop {
                let request = system.http.post(&url).header("idempotency-key", format!("buyer-{i}")).json(&one);
                let reply = request.send().await.unwrap();
                let status = reply.status().as_u16();
                let body: Value = reply.json().await.unwrap();
                if status != 503 && body["error"]["code"] != "REQUEST_RUNNING" {
                    return (status, body);
                }
            }
        })
    });
    let mut answers: HashMap<u16, usize> = HashMap::new();
    for buyer in buyers.collect::<Vec<_>>() {
        let (status, reply) = buyer.await.unwrap();
        if status == 409 {
            assert_eq!(reply["error"]["code"], "INSUFFICIENT_STOCK");
        }
        *answers.entry(status).or_default() += 1;
    }
    assert_eq!(answers, HashMap::from([(201, 10), (409, 90)]));
    system.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lines_pass() {
    let system = System::start().await;
    let line = json!({"product_id": "PROD-002", "quantity": 2, "price": 0.05});
    let order = json!({"customer_id": "C", "items": vec![line; 10_000], "total_amount": 1000});
    let (status, reply) = system.post("/orders", order).await;
    assert_eq!(status, 202, "{reply}");
    let order = reply["order_id"].as_str().unwrap().to_owned();
    system.until(&order, OrderStatus::PendingApproval).await;
    let request = GetOrderRequest { order_id: order.clone(), ..Default::default() };
    let mut client = OrderServiceClient::new(system.gateway.channel());
    let stored = client.get_order(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!(stored.items.len(), 10_000);
    assert_eq!(system.post(&format!("/orders/{order}/cancel"), json!({"reason": "too many"})).await.0, 202);
    system.audit().await;
}
