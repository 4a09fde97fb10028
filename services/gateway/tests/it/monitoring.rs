//! What Prometheus and Grafana are told to look at is there: a real Prometheus scrapes a live system, and every
//! expression of `deploy/` is evaluated.

use contracts::common::CreateWebhookEndpointRequest;
use contracts::orders::webhook_service_client::WebhookServiceClient;
use serde_json::{Value, json};
use service::Role;
use service::start::{Process, run_as};
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::prometheus::{OwnPrometheus, Selector, prometheus};
use testkit::receiver::Receiver;
use testkit::{PATIENCE, Site, Spawned};
use tokio::process::Command;

/// Says to this program that it is to be a service.
const SERVICE: &str = "OMS_TEST_SERVICE";
/// Labels whose values come into being with the first call that ends so: nothing may match.
const OPEN: [(&str, &str); 2] = [("oms_rpc_requests_total", "code"), ("oms_http_requests_total", "status")];
const LOOK: Duration = Duration::from_millis(500);

macro_rules! service_process {
    ($name:ident) => {{
        fn process(config: &$name::config::Config) -> Process<'_> {
            Process { server: &config.server, metrics: &config.metrics, traces: &config.traces, log: &config.log }
        }
        let config = service::config::load($name::config::DEFAULTS, None).unwrap();
        run_as(stringify!($name), Role::All, config, process, $name::run).await
    }};
}

/// Metrics are a process', so each service needs one of its own; its program is a package whose tests these are not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "not a test: a service, which the other test starts"]
async fn service_of_its_own() {
    match std::env::var(SERVICE).unwrap_or_default().as_str() {
        "orders" => _ = service_process!(orders),
        "payments" => _ = service_process!(payments),
        "inventory" => _ = service_process!(inventory),
        _ => {}
    }
}

struct System {
    site: Site,
    orders: Spawned,
    payments: Spawned,
    inventory: Spawned,
    gateway: Spawned,
    http: reqwest::Client,
}

async fn service(site: &Site, name: &str, more: &[(&'static str, String)]) -> Spawned {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "monitoring::service_of_its_own", "--ignored", "--nocapture"]).env(SERVICE, name);
    command.envs([("OMS_WEBHOOKS__ALLOW_HTTP", "true"), ("OMS_WEBHOOKS__ALLOWED_NETWORKS", "[\"127.0.0.0/8\"]")]);
    let settings = [site.settings(name), more.to_vec()].concat();
    Spawned::run(command, &settings).await
}

impl System {
    async fn start() -> Self {
        let site = Site::new().await;
        let (payments, inventory) = tokio::join!(service(&site, "payments", &[]), service(&site, "inventory", &[]));
        let partners = [("OMS_PAYMENTS__ADDRESS", payments.url()), ("OMS_INVENTORY__ADDRESS", inventory.url())];
        let orders = service(&site, "orders", &partners).await;
        let behind = [partners.as_slice(), &[("OMS_ORDERS__ADDRESS", orders.url())]].concat();
        let gateway = Spawned::start(env!("CARGO_BIN_EXE_gateway"), &behind).await;
        let system = Self { site, orders, payments, inventory, gateway, http: reqwest::Client::new() };
        system.until("/readyz", |_| true).await;
        system
    }

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

    /// Asks until the answer is as it should be.
    async fn until(&self, path: &str, right: impl Fn(&Value) -> bool) {
        let look = async {
            loop {
                let reply = self.http.get(format!("{}{path}", self.gateway.url())).send().await.unwrap();
                let ok = reply.status().is_success();
                let body = reply.json().await.unwrap_or_default();
                if ok && right(&body) {
                    return;
                }
                tokio::time::sleep(LOOK / 10).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{path} is not as it should be"));
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.gateway.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let reply = request.send().await.unwrap();
        assert!(reply.status().is_success(), "POST {path}: {}", reply.text().await.unwrap());
        reply.json().await.unwrap()
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

    async fn audit(&self) {
        let targets = audit::Targets {
            orders: Some(self.orders.channel()),
            payments: Some(self.payments.channel()),
            inventory: Some(self.inventory.channel()),
            temporal: None,
        };
        self.site.audit(targets).await;
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
    let system = System::start().await;
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
