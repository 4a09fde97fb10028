//! Erasing a customer by REST.

use crate::whole::System;
use contracts::orders::OrderStatus;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_erased() {
    let system = System::start().await;
    let order = json!({"customer_id": "zoë & co", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1}],
        "total_amount": 1});
    let id = system.post("/orders", order).await.1["order_id"].as_str().unwrap().to_owned();
    system.until(&id, OrderStatus::PendingApproval).await;
    let erase = "/customers/zo%C3%AB%20%26%20co/erase";
    let (status, refused) = system.post(erase, Value::Null).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("CUSTOMER_UNDER_WAY")), "{refused}");
    assert!(refused["error"]["details"].to_string().contains(&id), "{refused}");
    assert_eq!(system.post(&format!("/orders/{id}/reject"), json!({"reason": "for zoë"})).await.0, 202);
    let erased = async {
        loop {
            let (status, reply) = system.post(erase, Value::Null).await;
            if status == 200 {
                return reply;
            }
        }
    };
    let reply = tokio::time::timeout(testkit::PATIENCE, erased).await.unwrap();
    assert_eq!(reply["orders"], 1);
    assert!(reply["erase_time"].is_string());
    let (_, order) = system.get(&format!("/orders/{id}")).await;
    assert_eq!((&order["customer_id"], &order["reason"]), (&json!(""), &Value::Null));
    system.audit().await;
}
