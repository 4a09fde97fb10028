//! The services behind the gateway, and the connections to them.

use crate::config::{Config, Upstream};
use access::outbound::{Bearing, OwnToken};
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::orders::order_service_client::OrderServiceClient;
use contracts::orders::privacy_service_client::PrivacyServiceClient;
use contracts::payments::payment_service_client::PaymentServiceClient;
use service::telemetry::outbound::Traced;
use service::tls::{Client, Peer};
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

/// A connection whose other end went silent is given up after these two.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(5);
/// A refusal with a hundred fields at fault has more headers than the usual 16 KiB.
const HEADERS: u32 = 256 * 1024;
/// Replies are as large as the services make them; lists are paged.
const REPLY: usize = 64 * 1024 * 1024;

/// One service: its connections, made when first used and remade when lost.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// As in the configuration.
    pub(crate) name: &'static str,
    /// Prefix of its gRPC services.
    pub(crate) package: &'static str,
    /// The gRPC service that its readiness is asked by.
    pub(crate) main: &'static str,
    /// For calls with one reply.
    pub(crate) unary: Traced<Channel>,
    /// For streams, so that many watchers leave room for the others.
    pub(crate) streams: Traced<Channel>,
}

/// All services.
#[derive(Clone, Debug)]
pub(crate) struct Upstreams {
    pub(crate) orders: Service,
    pub(crate) payments: Service,
    pub(crate) inventory: Service,
    /// For what the gateway says by itself.
    own: OwnToken,
}

impl Upstreams {
    /// Prepares the connections; none is made yet.
    pub(crate) fn new(config: &Config, own: OwnToken) -> Result<Self, service::config::Error> {
        let client = Client::new(&config.tls)?;
        let service = |name, package, main, upstream: &Upstream| {
            let peer = Peer { section: name, address: &upstream.address, identity: &upstream.identity };
            let channel = || client.channel(&peer, shaped);
            Ok::<_, service::config::Error>(Service { name, package, main, unary: channel()?, streams: channel()? })
        };
        Ok(Self {
            orders: service("orders", "oms.orders.", "oms.orders.v1.OrderService", &config.orders)?,
            payments: service("payments", "oms.payments.", "oms.payments.v1.PaymentService", &config.payments)?,
            inventory: service("inventory", "oms.inventory.", "oms.inventory.v1.InventoryService", &config.inventory)?,
            own,
        })
    }

    pub(crate) fn all(&self) -> [&Service; 3] {
        [&self.orders, &self.payments, &self.inventory]
    }

    /// The service that answers for a gRPC service, by its full name.
    pub(crate) fn owner(&self, grpc_service: &str) -> Option<&Service> {
        self.all().into_iter().find(|s| grpc_service.starts_with(s.package))
    }

    pub(crate) fn order_client(&self) -> OrderServiceClient<Traced<Channel>> {
        OrderServiceClient::new(self.orders.unary.clone()).max_decoding_message_size(REPLY)
    }

    pub(crate) fn privacy_client(&self) -> PrivacyServiceClient<Traced<Channel>> {
        PrivacyServiceClient::new(self.orders.unary.clone())
    }

    pub(crate) fn payment_client(&self) -> PaymentServiceClient<Traced<Channel>> {
        PaymentServiceClient::new(self.payments.unary.clone()).max_decoding_message_size(REPLY)
    }

    /// With the gateway's own token, not with that of whoever calls it.
    pub(crate) fn own_payment_client(&self) -> PaymentServiceClient<Bearing<Traced<Channel>>> {
        PaymentServiceClient::new(Bearing::new(self.payments.unary.clone(), self.own.clone()))
    }

    pub(crate) fn inventory_client(&self) -> InventoryServiceClient<Traced<Channel>> {
        InventoryServiceClient::new(self.inventory.unary.clone()).max_decoding_message_size(REPLY)
    }
}

fn shaped(endpoint: Endpoint) -> Endpoint {
    endpoint
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .http2_max_header_list_size(HEADERS)
}
