//! What Prometheus and Grafana are told to look at is there: a real Prometheus scrapes a live system, and every
//! expression of `deploy/` is evaluated.

use crate::processes::Processes;
use contracts::common::CreateWebhookEndpointRequest;
use contracts::orders::webhook_service_client::WebhookServiceClient;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::prometheus::{OwnPrometheus, Selector, prometheus};
use testkit::receiver::Receiver;

/// Labels whose values come into being with the first call that ends so: nothing may match.
const OPEN: [(&str, &str); 3] =
    [("oms_rpc_requests_total", "code"), ("oms_http_requests_total", "status"), ("oms_refused_total", "reason")];
const LOOK: Duration = Duration::from_millis(500);

impl Processes {
    async fn prometheus(&self) -> OwnPrometheus {
        let nobody = stack::ports::free().unwrap();
        prometheus(vec![
            ("gateway:9460", self.gateway.metrics_port()),
            ("orders:9461", self.orders.metrics_port()),
            ("payments:9462", self.payments.metrics_port()),
            ("inventory:9463", self.inventory.metrics_port()),
            ("temporal:9090", nobody),
        ])
        .await
    }

    /// An order that is decided on, and paid with this token, if one is given.
    async fn order(&self, decision: &str, token: Option<&str>) -> String {
        let mut order = json!({"customer_id": "C", "items": [{"product_id": "PROD-005", "quantity": 1, "price": 50}],
            "total_amount": 50});
        if let Some(token) = token {
            order["payment_method"] = json!("CREDIT_CARD");
            order["payment_token"] = json!(token);
        }
        let order = self.post("/orders", order).await["order_id"].as_str().unwrap().to_owned();
        self.until(&format!("/orders/{order}/status"), |body| body["status"] == "PENDING_APPROVAL").await;
        self.post(&format!("/orders/{order}/{decision}"), json!({"reason": "of the test"})).await;
        order
    }

    /// One of everything that a shop does.
    async fn business(&self) {
        let mut receiver = Receiver::start(&[]).await;
        let endpoint = CreateWebhookEndpointRequest { url: receiver.url(), ..Default::default() };
        WebhookServiceClient::new(self.gateway.channel()).create_webhook_endpoint(endpoint).await.unwrap();
        self.order("reject", None).await;
        let bought = self.order("approve", Some("")).await;
        self.until(&format!("/orders/{bought}"), |body| body["status"] == "PROCESSING").await;
        self.post(&format!("/orders/{bought}/ship"), json!({"carrier": "DHL", "tracking_number": "1"})).await;
        self.post(&format!("/orders/{bought}/deliver"), Value::Null).await;
        let declined = self.order("approve", Some("sim_decline")).await;
        self.until(&format!("/orders/{declined}"), |body| body["status"] == "CANCELLED" && body["unwinding"] == false)
            .await;
        receiver.next().await;
    }
}

/// An expression and where it stands.
struct Expression {
    place: String,
    text: String,
    /// Whether it shows something in a healthy system, as a panel should.
    shows: bool,
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// Those of every panel, with what Grafana would put in for the variables.
fn panels() -> Vec<Expression> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(deploy("grafana/dashboards")).unwrap() {
        let path = file.unwrap().path();
        let dashboard: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let place = format!("{}: {}", path.file_name().unwrap().display(), panel["title"]);
                let text = target["expr"].as_str().unwrap().replace("$__rate_interval", "1m");
                let text = text.replace("$service", ".*").replace("$instance", ".*");
                assert!(!text.contains('$'), "{place}: a variable that nobody fills in: {text}");
                found.push(Expression { place, text, shows: true });
            }
        }
    }
    found
}

async fn rules(prometheus: &OwnPrometheus) -> Vec<Expression> {
    let rule = |rule: &Value| {
        let place = format!("rule {}", rule["name"]);
        Expression { place, text: rule["query"].as_str().unwrap().to_owned(), shows: rule["type"] == "recording" }
    };
    prometheus.rules().await.iter().map(rule).collect()
}

/// What an expression needs and is not there.
async fn missing(prometheus: &OwnPrometheus, expression: &Expression) -> Result<Vec<String>, String> {
    let (mut missing, mut open) = (Vec::new(), false);
    for mut selector in prometheus.selectors(&expression.text).await? {
        for [label, operator, value] in &mut selector.matchers {
            if OPEN.contains(&(&selector.name, label)) {
                (*operator, *value, open) = ("!=".to_owned(), String::new(), true);
            }
        }
        missing.extend(absent(prometheus, &selector).await?);
    }
    if missing.is_empty() && expression.shows && !open && prometheus.count(&expression.text).await? == 0 {
        missing.push(expression.text.clone());
    }
    Ok(missing)
}

async fn absent(prometheus: &OwnPrometheus, selector: &Selector) -> Result<Option<String>, String> {
    let text = selector.to_string();
    Ok((prometheus.count(&text).await? == 0).then_some(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_and_every_rule_has_its_series() {
    let system = Processes::start(&[]).await;
    let prometheus = system.prometheus().await;
    system.business().await;
    let (panels, rules) = (panels(), rules(&prometheus).await);
    assert!(panels.len() > 30 && rules.len() > 30, "{} panels, {} rules", panels.len(), rules.len());
    let mut faults = Vec::new();
    let look = async {
        loop {
            // A rate needs a call between two scrapes.
            system.until("/payments", |_| true).await;
            system.until("/orders", |_| true).await;
            system.until("/inventory/PROD-001", |_| true).await;
            faults.clear();
            for expression in panels.iter().chain(&rules) {
                match missing(&prometheus, expression).await {
                    Ok(missing) => faults.extend(missing.iter().map(|text| format!("{}: no {text}", expression.place))),
                    Err(error) => faults.push(format!("{}: {error}", expression.place)),
                }
            }
            let ill = prometheus.rules().await.into_iter().filter(|rule| rule["health"] != "ok");
            faults
                .extend(ill.map(|rule| format!("rule {} is {}: {}", rule["name"], rule["health"], rule["lastError"])));
            if faults.is_empty() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let patience = Duration::from_secs(30);
    if tokio::time::timeout(patience, look).await.is_err() {
        panic!("{} things are not there:\n{}", faults.len(), faults.join("\n"));
    }
    system.audit().await;
}
