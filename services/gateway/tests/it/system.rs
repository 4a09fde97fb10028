//! The whole system through the gateway: three real services, Postgres, Temporal.

use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{GetOrderRequest, OrderStatus, WatchOrderRequest};
use serde_json::{Value, json};
use service::Role;
use service::config::load;
use std::collections::HashMap;
use testkit::{PATIENCE, Running, Site};

struct System {
    site: Site,
    orders: Running,
    payments: Running,
    inventory: Running,
    gateway: Running,
    http: reqwest::Client,
}

impl System {
    async fn start() -> Self {
        let site = Site::new().await;
        let mut config: inventory::config::Config = load(inventory::config::DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;
        let mut config: payments::config::Config = load(payments::config::DEFAULTS, None).unwrap();
        site.adopt("payments", &mut config.database, &mut config.temporal);
        let payments = Running::start(|listener, stop| payments::run(config, Role::All, Some(listener), stop)).await;
        let mut config: orders::config::Config = load(orders::config::DEFAULTS, None).unwrap();
        site.adopt("orders", &mut config.database, &mut config.temporal);
        config.inventory.address = inventory.url();
        config.payments.address = payments.url();
        let orders = Running::start(|listener, stop| orders::run(config, Role::All, Some(listener), stop)).await;
        let mut config: gateway::Config = load(gateway::config::DEFAULTS, None).unwrap();
        config.orders.address = orders.url().parse().unwrap();
        config.payments.address = payments.url().parse().unwrap();
        config.inventory.address = inventory.url().parse().unwrap();
        let gateway = Running::start(|listener, stop| gateway::serve(listener, config, stop)).await;
        let system = Self { site, orders, payments, inventory, gateway, http: reqwest::Client::new() };
        let ready = async { while system.get("/readyz").await.0 != 200 {} };
        tokio::time::timeout(PATIENCE, ready).await.unwrap();
        system
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let reply = self.http.get(format!("{}{path}", self.gateway.url())).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.gateway.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// Watches the order, as gRPC through the gateway, until it has this status.
    async fn until(&self, order: &str, status: OrderStatus) {
        let mut client = OrderServiceClient::new(self.gateway.channel());
        let request = WatchOrderRequest { order_id: order.to_owned(), after_sequence: 0 };
        let mut events = client.watch_order(request).await.unwrap().into_inner();
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

    async fn audit(&self) {
        let channel = |running: &Running| Some(running.channel());
        let targets = audit::Targets {
            orders: channel(&self.orders),
            payments: channel(&self.payments),
            inventory: channel(&self.inventory),
            temporal: None,
        };
        self.site.audit(targets).await;
    }
}

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
