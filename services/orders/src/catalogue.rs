//! Which products exist: asked of the inventory service, remembered for a while.

use crate::config::{Config, Inventory};
use crate::saga::partners::{Connection, is_answer};
use access::outbound::{Bearing, OwnToken};
use contracts::ids::ProductId;
use contracts::inventory::BatchGetProductsRequest;
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use moka::sync::Cache;
use service::limits::carries_on;
use service::tls::{Client, Peer};
use std::collections::BTreeSet;
use std::time::Duration;
use tonic::Request;

const REMEMBERED: u64 = 100_000;

/// The inventory's products.
#[derive(Clone)]
pub struct Catalogue {
    client: InventoryServiceClient<Connection>,
    deadline: Duration,
    known: Cache<ProductId, ()>,
}

/// The answer to a look-up.
#[derive(Debug)]
pub enum Lookup {
    /// These do not exist; all others do.
    Unknown(BTreeSet<ProductId>),
    /// The inventory can't be reached; wait.
    Away(String),
    /// The inventory answered with an error.
    Failed(String),
}

impl Catalogue {
    /// Connects when first used, and again whenever the connection breaks.
    ///
    /// # Errors
    /// A malformed address, or certificates that can't be used.
    pub fn new(config: &Config, token: &OwnToken) -> Result<Self, service::config::Error> {
        let Inventory { address, identity, .. } = &config.inventory;
        let peer = Peer { section: "inventory", address, identity };
        let channel = Client::new(&config.tls)?.channel(&peer, |endpoint| endpoint)?;
        let inventory = Bearing::new(channel, token.clone());
        let config = &config.inventory;
        Ok(Self {
            client: InventoryServiceClient::new(inventory).max_decoding_message_size(service::server::MAX_MESSAGE),
            deadline: Duration::from_millis(config.deadline_ms),
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(Duration::from_secs(config.cache_s)).build(),
        })
    }

    /// Those of the products that do not exist.
    pub async fn unknown(&self, mut products: BTreeSet<ProductId>) -> Lookup {
        products.retain(|product| !self.known.contains_key(product));
        if products.is_empty() {
            return Lookup::Unknown(products);
        }
        let product_ids = products.iter().map(ToString::to_string).collect();
        let mut request = Request::new(BatchGetProductsRequest { product_ids });
        request.set_timeout(self.deadline);
        carries_on(&mut request);
        let mut client = self.client.clone();
        let answer = match tokio::time::timeout(self.deadline, client.batch_get_products(request)).await {
            Ok(Ok(answer)) => answer.into_inner(),
            Ok(Err(status)) => return classify(&status),
            Err(_) => return Lookup::Away("inventory did not answer in time".to_owned()),
        };
        for found in answer.products {
            if let Ok(id) = found.product_id.parse::<ProductId>() {
                products.remove(&id);
                self.known.insert(id, ());
            }
        }
        Lookup::Unknown(products)
    }
}

/// Only a definite answer counts as a failure of the validator.
fn classify(status: &tonic::Status) -> Lookup {
    let text = format!("inventory answered {:?}: {}", status.code(), status.message());
    if is_answer(status) { Lookup::Failed(text) } else { Lookup::Away(text) }
}
