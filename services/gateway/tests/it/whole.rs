//! The whole system: three real services behind the gateway, Postgres, Temporal.

use access::Auth;
use access::outbound::{Bearing, OwnToken};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{OrderStatus, WatchOrderRequest};
use serde_json::Value;
use service::Role;
use service::config::load;
use service::limits::Quota;
use testkit::proxy::Proxy;
use testkit::{PATIENCE, Running, Site};

pub(crate) struct System {
    services: Services,
    pub(crate) gateway: Running,
    pub(crate) http: reqwest::Client,
}

/// The system before there is a gateway.
struct Services {
    site: Site,
    orders: Running,
    payments: Running,
    inventory: Running,
}

impl Services {
    async fn start() -> Self {
        Self::start_at(Site::new().await).await
    }

    async fn start_at(site: Site) -> Self {
        Self::start_as(site, |_| None).await
    }

    /// With these settings of who may call, by service.
    async fn start_as(site: Site, auth: impl Fn(&str) -> Option<Auth>) -> Self {
        let mut config: inventory::config::Config = load(inventory::config::DEFAULTS, None).unwrap();
        site.adopt("inventory", &mut config.database, &mut config.temporal);
        config.auth = auth("inventory").unwrap_or(config.auth);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;
        let mut config: payments::config::Config = load(payments::config::DEFAULTS, None).unwrap();
        site.adopt("payments", &mut config.database, &mut config.temporal);
        config.auth = auth("payments").unwrap_or(config.auth);
        // Where callers have names, few calls of this one are allowed.
        config.limits.methods.insert("GetRefund".to_owned(), Quota { per_s: 1, burst: 3 });
        let payments = Running::start(|listener, stop| payments::run(config, Role::All, Some(listener), stop)).await;
        let mut config: orders::config::Config = load(orders::config::DEFAULTS, None).unwrap();
        site.adopt("orders", &mut config.database, &mut config.temporal);
        config.auth = auth("orders").unwrap_or(config.auth);
        config.inventory.address = inventory.url();
        config.payments.address = payments.url();
        let orders = Running::start(|listener, stop| orders::run(config, Role::All, Some(listener), stop)).await;
        Self { site, orders, payments, inventory }
    }

    /// With a gateway that finds the orders service at this URL.
    async fn behind_gateway(self, orders: &str, auth: Option<Auth>) -> System {
        self.behind_changed_gateway(orders, auth, |_, _| {}).await
    }

    /// With one whose settings are changed, knowing where it is reached.
    async fn behind_changed_gateway(
        self,
        orders: &str,
        auth: Option<Auth>,
        change: impl FnOnce(&mut gateway::Config, &str),
    ) -> System {
        let mut config: gateway::Config = load(gateway::config::DEFAULTS, None).unwrap();
        config.auth = auth.unwrap_or(config.auth);
        config.orders.address = orders.parse().unwrap();
        config.payments.address = self.payments.url().parse().unwrap();
        config.inventory.address = self.inventory.url().parse().unwrap();
        let gateway = Running::start(|listener, stop| {
            change(&mut config, &format!("http://{}", listener.local_addr().unwrap()));
            gateway::serve(listener, config, stop)
        });
        let gateway = gateway.await;
        let system = System { services: self, gateway, http: reqwest::Client::new() };
        let ready = async { while system.get("/readyz").await.0 != 200 {} };
        tokio::time::timeout(PATIENCE, ready).await.unwrap();
        system
    }
}

impl System {
    pub(crate) async fn start() -> Self {
        Self::start_at(Site::new().await).await
    }

    /// The same on the site of one that was stopped.
    pub(crate) async fn start_at(site: Site) -> Self {
        let services = Services::start_at(site).await;
        let orders = services.orders.url();
        services.behind_gateway(&orders, None).await
    }

    /// With these settings of who may call, by process.
    pub(crate) async fn start_as(site: Site, auth: impl Fn(&str) -> Option<Auth>) -> Self {
        let services = Services::start_as(site, &auth).await;
        let orders = services.orders.url();
        services.behind_gateway(&orders, auth("gateway")).await
    }

    /// The same, and with changed settings of the gateway, which is reached at the URL.
    pub(crate) async fn start_with(
        site: Site,
        auth: impl Fn(&str) -> Option<Auth>,
        change: impl FnOnce(&mut gateway::Config, &str),
    ) -> Self {
        let services = Services::start_as(site, &auth).await;
        let orders = services.orders.url();
        services.behind_changed_gateway(&orders, auth("gateway"), change).await
    }

    /// Each service, with what the paths of its methods start with.
    pub(crate) fn services(&self) -> [(&'static str, &Running); 3] {
        let Services { orders, payments, inventory, .. } = &self.services;
        [("/oms.orders.", orders), ("/oms.payments.", payments), ("/oms.inventory.", inventory)]
    }

    /// Ends all of it, and leaves the database.
    pub(crate) async fn stop(self) -> Site {
        let Services { site, orders, payments, inventory } = self.services;
        for running in [self.gateway, orders, payments, inventory] {
            running.stop().await;
        }
        site
    }

    /// With a proxy between the gateway and the orders service.
    pub(crate) async fn start_with_proxy() -> (Self, Proxy) {
        let services = Services::start().await;
        let proxy = Proxy::to(&services.orders).await;
        let orders = proxy.running.url();
        (services.behind_gateway(&orders, None).await, proxy)
    }

    pub(crate) fn site(&self) -> &Site {
        &self.services.site
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let reply = self.http.get(format!("{}{path}", self.gateway.url())).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.gateway.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// Watches the order, as gRPC through the gateway, until it has this status.
    pub(crate) async fn until(&self, order: &str, status: OrderStatus) {
        self.until_by(order, status, OwnToken::none()).await;
    }

    /// The same with a token.
    pub(crate) async fn until_as(&self, order: &str, status: OrderStatus, token: &str) {
        self.until_by(order, status, OwnToken::fixed(token)).await;
    }

    async fn until_by(&self, order: &str, status: OrderStatus, token: OwnToken) {
        let mut client = OrderServiceClient::new(Bearing::new(self.gateway.channel(), token));
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

    pub(crate) async fn audit(&self) {
        let Services { site, orders, payments, inventory } = &self.services;
        site.audit_all(orders.channel(), payments.channel(), inventory.channel()).await;
    }

    /// The same with an auditor's token.
    pub(crate) async fn audit_as(&self, token: &str) {
        let Services { site, orders, payments, inventory } = &self.services;
        let targets = audit::Targets {
            orders: Some(orders.channel()),
            payments: Some(payments.channel()),
            inventory: Some(inventory.channel()),
            token: OwnToken::fixed(token),
            ..Default::default()
        };
        site.audit(targets).await;
    }
}
