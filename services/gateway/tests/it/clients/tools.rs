//! grpcurl and ghz, through the gateway, by its reflection.

use crate::whole::System;
use contracts::orders::OrderStatus;
use serde_json::{Value, json};
use stack::Progress;
use stack::tools::Tool;
use std::process::Stdio;
use tokio::process::Command;

const CREATE: &str = "oms.orders.v1.OrderService/CreateOrder";

async fn run(tool: Tool, arguments: &[&str]) -> (bool, String) {
    let path = tool.path(&Progress::silent()).await.unwrap();
    let output = Command::new(path).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn order(key: &str) -> String {
    let price = json!({"currency_code": "USD", "units": 1299, "nanos": 990_000_000});
    let items = json!([{"product_id": "PROD-001", "quantity": 1, "price": price}]);
    json!({"request_id": key, "customer_id": "CUST-TOOLS", "items": items, "total_amount": price}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcurl_orders_and_is_refused() {
    let system = System::start().await;
    let address = system.gateway.address.to_string();
    // By reflection, but for the details of a refusal, which no method mentions.
    let proto = stack::layout::repository().join("proto");
    let details = ["-import-path", proto.to_str().unwrap(), "-proto", "google/rpc/error_details.proto"];
    let general = [&["-plaintext", "-use-reflection"], &details[..]].concat();
    let grpcurl = async |arguments: &[&str]| run(Tool::Grpcurl, &[&general[..], arguments].concat()).await;
    let (ok, listed) = grpcurl(&[&address, "list"]).await;
    assert!(ok, "{listed}");
    for service in ["oms.orders.v1.OrderService", "oms.payments.v1.PaymentService", "oms.inventory.v1.InventoryService"]
    {
        assert!(listed.lines().any(|line| line == service), "{listed}");
    }
    let (ok, created) = grpcurl(&["-d", &order("one"), &address, CREATE]).await;
    assert!(ok, "{created}");
    let created: Value = serde_json::from_str(&created).unwrap();
    let id = created["order"]["orderId"].as_str().unwrap();
    system.until(id, OrderStatus::PendingApproval).await;
    let approve = ["-d", &json!({"order_id": id}).to_string(), &address, "oms.orders.v1.OrderService/ApproveOrder"];
    let (ok, approved) = grpcurl(&approve).await;
    assert!(ok && approved.contains("ORDER_STATUS_APPROVED"), "{approved}");
    let (ok, refused) = grpcurl(&approve).await;
    assert!(!ok && refused.contains("Code: FailedPrecondition") && refused.contains("ORDER_STATE"), "{refused}");
    system.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ghz_loads_and_every_order_is_there() {
    let system = System::start().await;
    let address = system.gateway.address.to_string();
    let data = order("{{newUUID}}");
    let load = ["--insecure", "--call", CREATE, "-d", &data, "-n", "40", "-c", "4", "--format", "json", &address];
    let (ok, report) = run(Tool::Ghz, &load).await;
    assert!(ok, "{report}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["count"], 40);
    assert_eq!(report["statusCodeDistribution"], json!({"OK": 40}));
    let (_, found) = system.get("/orders?customer_id=CUST-TOOLS&page_size=100").await;
    assert_eq!(found["orders"].as_array().unwrap().len(), 40);
    system.audit().await;
}
