//! The whole system as processes, for what only a process has: its metrics, and its name in a trace.

use serde_json::Value;
use service::Role;
use service::start::{Process, run_as};
use std::time::Duration;
use testkit::{PATIENCE, Site, Spawned};
use tokio::process::Command;

/// Says to this program that it is to be a service.
const SERVICE: &str = "OMS_TEST_SERVICE";
const LOOK: Duration = Duration::from_millis(50);

macro_rules! service_process {
    ($name:ident) => {{
        fn process(config: &$name::config::Config) -> Process<'_> {
            Process {
                server: &config.server,
                auth: &config.auth,
                metrics: &config.metrics,
                tls: &config.tls,
                traces: &config.traces,
                log: &config.log,
            }
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

/// Three services and the gateway.
pub struct Processes {
    site: Site,
    pub orders: Spawned,
    pub payments: Spawned,
    pub inventory: Spawned,
    pub gateway: Spawned,
    pub http: reqwest::Client,
}

pub(crate) async fn service(site: &Site, name: &str, more: &[(&'static str, String)]) -> Spawned {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "processes::service_of_its_own", "--ignored", "--nocapture"]).env(SERVICE, name);
    command.envs([
        ("OMS_WEBHOOKS__ALLOW_HTTP", "true"),
        ("OMS_WEBHOOKS__ALLOWED_NETWORKS", "[\"127.0.0.0/8\"]"),
        ("OMS_WEBHOOKS__POLL_INTERVAL_MS", "50"),
    ]);
    let settings = [site.settings(name), more.to_vec()].concat();
    Spawned::run(command, &settings).await
}

impl Processes {
    /// Starts them, all with these settings too.
    pub async fn start(more: &[(&'static str, String)]) -> Self {
        Self::start_with(more, &[]).await
    }

    /// With more settings of the gateway alone.
    pub async fn start_with(more: &[(&'static str, String)], gateways: &[(&'static str, String)]) -> Self {
        let site = Site::new().await;
        let (payments, inventory) = tokio::join!(service(&site, "payments", more), service(&site, "inventory", more));
        let partners = [("OMS_PAYMENTS__ADDRESS", payments.url()), ("OMS_INVENTORY__ADDRESS", inventory.url())];
        let partners = [&partners, more].concat();
        let orders = service(&site, "orders", &partners).await;
        let behind = [partners.as_slice(), &[("OMS_ORDERS__ADDRESS", orders.url())], gateways].concat();
        let gateway = Spawned::start(env!("CARGO_BIN_EXE_gateway"), &behind).await;
        let system = Self { site, orders, payments, inventory, gateway, http: reqwest::Client::new() };
        system.until("/readyz", |_| true).await;
        system
    }

    /// Asks until the answer is as it should be.
    pub async fn until(&self, path: &str, right: impl Fn(&Value) -> bool) {
        let look = async {
            loop {
                let reply = self.http.get(format!("{}{path}", self.gateway.url())).send().await.unwrap();
                let ok = reply.status().is_success();
                let body = reply.json().await.unwrap_or_default();
                if ok && right(&body) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{path} is not as it should be"));
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.gateway.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let reply = request.send().await.unwrap();
        assert!(reply.status().is_success(), "POST {path}: {}", reply.text().await.unwrap());
        reply.json().await.unwrap()
    }

    pub async fn audit(&self) {
        let (orders, payments, inventory) = (&self.orders, &self.payments, &self.inventory);
        self.site.audit_all(orders.channel(), payments.channel(), inventory.channel()).await;
    }
}
