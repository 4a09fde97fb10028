//! Those who sign in at the whole system: what they may do, and what is written down of it.

use super::browser::Browser;
use super::secured::Secured;
use crate::clients::has_node;
use crate::whole::System;
use contracts::orders::OrderStatus;
use reqwest::Method;
use serde_json::{Value, json};

async fn signed_in(system: &System, person: &str) -> Browser {
    let browser = Browser::new();
    let page = browser.follow(&format!("{}/console/sign-in", system.gateway.url())).await;
    let back = browser.choose(&page, person).await;
    assert_eq!(browser.get(back.leads_to().unwrap().as_str()).await.status, 303);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn their_roles_reach_the_services() {
    if !has_node("signing in") {
        return;
    }
    let secured = Secured::start().await;
    let system = &secured.system;
    let (customer, manager) = (signed_in(system, "CUST123").await, signed_in(system, "alice").await);
    let post = async |browser: &Browser, path: &str, body: Value| {
        let url = format!("{}{path}", system.gateway.url());
        let page = browser.send_json(&url, &body).await;
        (page.status, page.json())
    };
    let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1}],
        "total_amount": 1});
    let (status, reply) = post(&customer, "/orders", order).await;
    assert_eq!(status, 202, "{reply}");
    let id = reply["order_id"].as_str().unwrap().to_owned();
    let token = secured.token("CUST123", "customer");
    system.until_as(&id, OrderStatus::PendingApproval, &token).await;
    let path = format!("/orders/{id}/approve");
    let (status, reply) = post(&customer, &path, json!({})).await;
    assert_eq!((status, &reply["error"]["code"]), (403, &json!("ROLE_MISSING")));
    assert_eq!(post(&manager, &path, json!({})).await.0, 202);
    let seen = manager.ask(Method::GET, &format!("{}/orders/{id}", system.gateway.url())).await.json();
    let actors: Vec<&str> =
        seen["timeline"].as_array().unwrap().iter().filter_map(|event| event["actor"].as_str()).collect();
    assert!(actors.contains(&"customer") && actors.contains(&"manager:alice"), "{actors:?}");
    secured.audit().await;
}
