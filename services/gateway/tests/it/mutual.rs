//! The whole system with TLS everywhere: callers, services, Postgres and Temporal show certificates to each other.

use crate::web::{frame, frames};
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::{GetOrderRequest, GetOrderResponse, OrderStatus, WatchOrderRequest};
use http::Method;
use prost::Message as _;
use serde_json::{Value, json};
use service::Role;
use service::config::{Database, Temporal, load};
use service::tls::Callers;
use sqlx::{Connection as _, PgConnection};
use stack::certs::{OPERATOR, Subject, Trust, identity};
use stack::client::{Http, channel};
use std::net::SocketAddr;
use testkit::certificates::{Certificates, terminator};
use testkit::servers::{OwnPostgres, postgres_with_tls};
use testkit::{PATIENCE, Running, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

struct System {
    certificates: Certificates,
    postgres: OwnPostgres,
    site: Site,
    temporal: Running,
    orders: Running,
    payments: Running,
    inventory: Running,
    gateway: Running,
}

/// The three services, each as itself at Postgres and at Temporal.
struct Surroundings<'a> {
    certificates: &'a Certificates,
    site: &'a Site,
    temporal: &'a Running,
}

impl Surroundings<'_> {
    fn adopt(&self, name: &str, database: &mut Database, temporal: &mut Temporal) {
        self.site.adopt(name, database, temporal);
        let trust = self.certificates.trust(name);
        database.url = trust.in_url(&self.site.database_url(name)).unwrap().into();
        database.migration_url = trust.in_url(&self.site.migration_url(name)).unwrap().into();
        temporal.address = secure(self.temporal.address);
        (temporal.ca, temporal.certificate, temporal.key) = (trust.ca, trust.certificate, trust.key);
        temporal.server_name = "temporal".to_owned();
    }
}

fn secure(address: SocketAddr) -> String {
    format!("https://{address}")
}

impl System {
    async fn start() -> Self {
        let certificates = Certificates::new();
        let postgres = postgres_with_tls(&certificates).await;
        let site = Site::at(&postgres.url()).await;
        let plain = site.temporal_address().replace("http://", "");
        let temporal = terminator(certificates.config("temporal", &["orders", "payments", "inventory"]), plain).await;
        let around = Surroundings { certificates: &certificates, site: &site, temporal: &temporal };

        let mut config: inventory::config::Config = load(inventory::config::DEFAULTS, None).unwrap();
        around.adopt("inventory", &mut config.database, &mut config.temporal);
        config.tls = certificates.config("inventory", &["gateway", "orders", OPERATOR]);
        let inventory = Running::start(|listener, stop| inventory::run(config, Role::All, Some(listener), stop)).await;

        let mut config: payments::config::Config = load(payments::config::DEFAULTS, None).unwrap();
        around.adopt("payments", &mut config.database, &mut config.temporal);
        config.tls = certificates.config("payments", &["gateway", "orders", OPERATOR]);
        let payments = Running::start(|listener, stop| payments::run(config, Role::All, Some(listener), stop)).await;

        let mut config: orders::config::Config = load(orders::config::DEFAULTS, None).unwrap();
        around.adopt("orders", &mut config.database, &mut config.temporal);
        config.tls = certificates.config("orders", &["gateway", OPERATOR]);
        (config.inventory.address, config.inventory.identity) = (secure(inventory.address), identity("inventory"));
        (config.payments.address, config.payments.identity) = (secure(payments.address), identity("payments"));
        let orders = Running::start(|listener, stop| orders::run(config, Role::All, Some(listener), stop)).await;

        let mut config: gateway::Config = load(gateway::config::DEFAULTS, None).unwrap();
        config.tls = certificates.config("gateway", &[OPERATOR]);
        config.tls.callers = Callers::Any;
        for (upstream, service, name) in [
            (&mut config.orders, &orders, "orders"),
            (&mut config.payments, &payments, "payments"),
            (&mut config.inventory, &inventory, "inventory"),
        ] {
            (upstream.address, upstream.identity) = (secure(service.address), identity(name));
        }
        let gateway = Running::start(|listener, stop| gateway::serve(listener, config, stop)).await;
        let system = Self { certificates, postgres, site, temporal, orders, payments, inventory, gateway };
        let ready = async { while system.ask(Method::GET, "/readyz", Value::Null).await.0 != 200 {} };
        tokio::time::timeout(PATIENCE, ready).await.unwrap();
        system
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let http = Http::new(Some(&self.certificates.trust(OPERATOR))).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("content-type", "application/json")];
        let url = format!("{}{path}", secure(self.gateway.address));
        let (status, body) = http.send(method, &url, &headers[..usize::from(!body.is_empty())], body).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn channel(&self, to: &Running) -> Channel {
        channel(&secure(to.address), Some(&self.certificates.trust(OPERATOR))).unwrap()
    }

    async fn until(&self, order: &str, status: OrderStatus) {
        let mut client = OrderServiceClient::new(self.channel(&self.gateway));
        let request = WatchOrderRequest { order_id: order.to_owned(), after_sequence: 0 };
        let mut events = client.watch_order(request).await.unwrap().into_inner();
        let reached = async { while events.message().await.unwrap().unwrap().event.unwrap().status() != status {} };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }
}

/// What a service says to somebody with this certificate.
async fn called(to: SocketAddr, trust: &Trust) -> Result<(), Code> {
    let request = HealthCheckRequest { service: String::new() };
    let channel = channel(&secure(to), Some(trust)).unwrap();
    HealthClient::new(channel).check(request).await.map(drop).map_err(|status| status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_bought_over_tls() {
    let system = System::start().await;
    let order = json!({"customer_id": "CUST123", "items": [{"product_id": "PROD-001", "quantity": 1, "price": 1299.99}],
        "total_amount": 1299.99, "payment_method": "CREDIT_CARD"});
    let (status, reply) = system.ask(Method::POST, "/orders", order).await;
    assert_eq!(status, 202, "{reply}");
    let id = reply["order_id"].as_str().unwrap();
    system.until(id, OrderStatus::PendingApproval).await;
    assert_eq!(system.ask(Method::POST, &format!("/orders/{id}/approve"), Value::Null).await.0, 202);
    // Orders has held the stock and charged the card meanwhile, over its own connections.
    system.until(id, OrderStatus::Processing).await;

    let request = GetOrderRequest { order_id: id.to_owned(), ..Default::default() };
    let mut grpc = OrderServiceClient::new(system.channel(&system.gateway));
    let by_grpc = grpc.get_order(request.clone()).await.unwrap().into_inner().order.unwrap();
    let web = Http::new(Some(&system.certificates.trust(OPERATOR))).unwrap();
    let url = format!("{}/oms.orders.v1.OrderService/GetOrder", secure(system.gateway.address));
    let headers = [("content-type", "application/grpc-web+proto"), ("accept", "application/grpc-web+proto")];
    let (status, body) = web.send(Method::POST, &url, &headers, frame(&request)).await.unwrap();
    let (messages, trailers) = frames(&body);
    let by_web = GetOrderResponse::decode(messages[0].as_slice()).unwrap().order.unwrap();
    assert_eq!((status, by_web.status(), by_grpc.status()), (200, OrderStatus::Processing, OrderStatus::Processing));
    assert!(trailers.contains("grpc-status:0"), "{trailers}");

    let System { orders, payments, inventory, .. } = &system;
    let [orders, payments, inventory] = [orders, payments, inventory].map(|service| system.channel(service));
    system.site.audit_all(orders, payments, inventory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_refused() {
    let system = System::start().await;
    let certificates = &system.certificates;
    let stranger = Certificates::new();
    let with_our_ca = |trust: Trust| Trust { ca: certificates.trust(OPERATOR).ca, ..trust };
    let expired = certificates.issue(&Subject::expired("gateway"), "expired");
    let late = certificates.issue(&Subject { from: Subject::new("").until, ..Subject::new("gateway") }, "late");
    for service in [&system.orders, &system.payments, &system.inventory] {
        assert_eq!(called(service.address, &certificates.trust("gateway")).await, Ok(()));
        // Not on the list, of another CA, over, not yet.
        for trust in [&certificates.trust("prometheus"), &with_our_ca(stranger.trust("gateway")), &expired, &late] {
            assert!(called(service.address, trust).await.is_err(), "{trust:?}");
        }
        refuses_plain_text(service.address).await;
    }
    assert_eq!(called(system.inventory.address, &certificates.trust("orders")).await, Ok(()));
    assert!(called(system.orders.address, &certificates.trust("payments")).await.is_err());

    // The gateway lets those in who have none, and nobody whose is wrong.
    assert_eq!(called(system.gateway.address, &certificates.trust(OPERATOR)).await, Ok(()));
    let mut anonymous = OrderServiceClient::new(without_certificate(&system).await);
    let unknown = anonymous.get_order(GetOrderRequest { order_id: "ord_x".into(), ..Default::default() }).await;
    assert_eq!(unknown.unwrap_err().code(), Code::InvalidArgument);
    for trust in [&certificates.trust("payments"), &with_our_ca(stranger.trust(OPERATOR)), &expired] {
        assert!(called(system.gateway.address, trust).await.is_err(), "{trust:?}");
    }
    refuses_plain_text(system.gateway.address).await;

    // Nor do Postgres and the front of Temporal take less.
    let url = certificates.trust("orders").in_url(&system.site.database_url("orders")).unwrap();
    PgConnection::connect(&url).await.unwrap().close().await.unwrap();
    let (bare, _) = url.split_once('?').unwrap();
    let ca = certificates.trust("orders").ca.display().to_string();
    for refused in [
        format!("{bare}?sslmode=disable"),
        format!("{bare}?sslmode=verify-full&sslrootcert={ca}"),
        with_our_ca(stranger.trust("orders")).in_url(bare).unwrap(),
        stranger.trust("orders").in_url(bare).unwrap(),
    ] {
        assert!(PgConnection::connect(&refused).await.is_err(), "{refused}");
    }
    assert!(called(system.temporal.address, &certificates.trust("gateway")).await.is_err());
    refuses_plain_text(system.temporal.address).await;
    assert!(system.postgres.server.is_running());
}

/// As a browser.
async fn without_certificate(system: &System) -> Channel {
    let ca = std::fs::read(system.certificates.trust(OPERATOR).ca).unwrap();
    let tls = tonic::transport::ClientTlsConfig::new().ca_certificate(tonic::transport::Certificate::from_pem(ca));
    let endpoint = tonic::transport::Endpoint::from_shared(secure(system.gateway.address)).unwrap();
    endpoint.tls_config(tls).unwrap().connect().await.unwrap()
}

/// What comes back is at most an alert, and the connection ends.
async fn refuses_plain_text(address: SocketAddr) {
    for greeting in ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(greeting.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Reset or closed, as it comes.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.len() < 16, "{:?}", String::from_utf8_lossy(&answer));
    }
}
