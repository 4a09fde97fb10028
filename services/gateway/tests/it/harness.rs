//! A gateway and its stand-ins on free ports.

use crate::stand_in::{Inventory, Orders, Payments};
use contracts::inventory::inventory_service_server::InventoryServiceServer;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::order_service_server::OrderServiceServer;
use contracts::payments::payment_service_server::PaymentServiceServer;
use gateway::Config;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::{Channel, Server, server::Router};

/// A running gateway; it stops when this is dropped.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) orders: Orders,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), gateway::StartError>>,
    pub(crate) http: reqwest::Client,
    _guard: DropGuard,
}

/// A reply, read to its end.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {:?}", self.status, self.text))
    }

    /// Checks the form that every error has and returns its code.
    pub(crate) fn error(&self) -> String {
        assert!(self.status >= 400, "{} {}", self.status, self.text);
        assert_eq!(self.headers["content-type"], "application/json");
        let body = self.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = body["error"].as_object().unwrap();
        assert_eq!(error.len(), 3, "{body}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(error["details"].is_array());
        error["code"].as_str().unwrap().to_owned()
    }

    /// The fields that are named as at fault.
    pub(crate) fn fields(&self) -> Vec<String> {
        let body = self.json();
        let details = body["error"]["details"].as_array().unwrap();
        details.iter().filter_map(|d| d["field"].as_str()).map(str::to_owned).collect()
    }
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with changed settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let stop = CancellationToken::new();
        let orders = Orders::default();
        let mut config = Config::load(None).unwrap();
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_serving::<OrderServiceServer<Orders>>().await;
        reporter.set_serving::<PaymentServiceServer<Payments>>().await;
        reporter.set_serving::<InventoryServiceServer<Inventory>>().await;
        let limit = 16 * 1024 * 1024;
        let service = OrderServiceServer::new(orders.clone()).max_decoding_message_size(limit);
        let router = Server::builder().add_service(service).add_service(health.clone());
        config.orders.address = behind(router, &stop).await;
        let router = Server::builder().add_service(PaymentServiceServer::new(Payments)).add_service(health.clone());
        config.payments.address = behind(router, &stop).await;
        let service = InventoryServiceServer::new(Inventory);
        let router = Server::builder().add_service(service).add_service(health);
        config.inventory.address = behind(router, &stop).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        config.server.listen = address;
        change(&mut config);
        let ended = tokio::spawn(gateway::serve(listener, config, stop.child_token()));
        let guard = stop.clone().drop_guard();
        Self { address, orders, stop, ended, http: reqwest::Client::new(), _guard: guard }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        read(self.http.get(self.url(path))).await
    }

    /// Posts JSON; an empty text is no body.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        let request = self.http.post(self.url(path));
        if body.is_empty() {
            return read(request).await;
        }
        read(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    pub(crate) async fn channel(&self) -> Channel {
        Channel::from_shared(self.url("")).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn client(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.channel().await).max_encoding_message_size(64 * 1024 * 1024)
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

async fn behind(router: Router, stop: &CancellationToken) -> String {
    behind_at("127.0.0.1:0", router, stop).await
}

/// Serves at a given address.
pub(crate) async fn behind_at(address: &str, router: Router, stop: &CancellationToken) -> String {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = stop.clone();
    tokio::spawn(async move {
        let incoming = TcpListenerStream::new(listener);
        router.serve_with_incoming_shutdown(incoming, stop.cancelled_owned()).await
    });
    format!("http://{address}")
}
