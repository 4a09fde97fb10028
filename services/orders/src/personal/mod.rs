//! What is stored of a customer, sealed with the customer's own key while encryption is on.
//!
//! Keys are remembered in memory for [`REMEMBERED`] at most. An erasure does not depend on it: it takes what was sealed out
//! of the rows as well.

mod sealed;

pub(crate) use sealed::{Column, reply_place};

use crate::domain::{Order, Private};
use crate::store::customers::{self, Wrapped};
use contracts::ids::{CustomerId, OrderId};
use moka::sync::Cache;
use privacy::{CustomerKey, Encryption, KeyRing, Pseudonyms};
use sealed::{Keys, key_of};
use service::Error;
use sqlx::{PgConnection, PgExecutor, PgPool};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// So long a process remembers a key.
pub const REMEMBERED: Duration = Duration::from_secs(60);
/// So many keys are remembered.
const MOST: u64 = 10_000;
/// So many keys are wrapped again by one statement.
const BATCH: i64 = 500;

/// Seals and opens. Without keys in the configuration everything stays plain.
#[derive(Clone)]
pub struct Personal(Option<Arc<On>>);

struct On {
    ring: KeyRing,
    pseudonyms: Pseudonyms,
    by_id: Cache<Uuid, CustomerKey>,
    by_pseudonym: Cache<String, CustomerKey>,
}

/// Whose a new order is.
pub(crate) struct Owner<'a> {
    pub(crate) pseudonym: String,
    pub(crate) key: CustomerKey,
    /// The key of the ring that wraps new ones.
    pub(crate) ring: &'a str,
    /// The stored form of a key that is not stored yet.
    pub(crate) wrapped: Option<Vec<u8>>,
}

impl Personal {
    /// As configured.
    ///
    /// # Errors
    /// Keys that can't be used.
    pub fn new(config: &Encryption) -> Result<Self, privacy::Error> {
        let pseudonyms = Pseudonyms::new(config)?;
        let on = |ring| On { ring, pseudonyms, by_id: cache(), by_pseudonym: cache() };
        Ok(Self(KeyRing::new(config)?.map(on).map(Arc::new)))
    }

    /// Whether there are all the keys that were used before. Without one of them its customers would look as if they had
    /// been erased. Waits for a database that is away.
    ///
    /// # Errors
    /// There are not; or the database's.
    pub async fn check(&self, pool: &PgPool, stop: &CancellationToken) -> Result<(), Error> {
        let have: HashSet<&str> = self.0.iter().flat_map(|on| on.ring.ids()).collect();
        let needed = loop {
            match customers::rings(pool).await {
                Err(error) if error.is_unavailable() && !stop.is_cancelled() => {
                    tracing::warn!(%error, "waiting for the database");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                needed => break needed?,
            }
        };
        match needed.iter().find(|key| !have.contains(key.as_str())) {
            Some(key) => {
                Err(Error::internal(format!("keys of customers are sealed by `{key}`: encryption.keys lacks it")))
            }
            None => Ok(()),
        }
    }

    /// What the column `customer_id` holds of this customer.
    #[must_use]
    pub fn pseudonym(&self, customer: &CustomerId) -> String {
        self.0.as_ref().map_or_else(|| customer.to_string(), |on| on.pseudonyms.of(customer))
    }

    /// What stands for the number of a parcel, so that it is found while it is sealed.
    pub(crate) fn number(&self, number: &str) -> Option<String> {
        self.0.as_ref().and_then(|on| on.pseudonyms.of_number(number))
    }

    /// The customer of a new order.
    pub(crate) async fn owner(
        &self,
        db: impl PgExecutor<'_>,
        customer: &CustomerId,
    ) -> Result<Option<Owner<'_>>, Error> {
        let Some(on) = &self.0 else { return Ok(None) };
        let pseudonym = on.pseudonyms.of(customer);
        let (key, wrapped) = match on.by_pseudonym.get(&pseudonym) {
            Some(key) => (key, None),
            None => match customers::of(db, &pseudonym).await? {
                Some(stored) => (on.read(&stored)?, None),
                None => {
                    let (key, wrapped) = CustomerKey::generate(&on.ring).map_err(Error::internal)?;
                    (key, Some(wrapped))
                }
            },
        };
        Ok(Some(Owner { pseudonym, key, ring: on.ring.first(), wrapped }))
    }

    /// A key is in use.
    pub(crate) fn remember(&self, owner: Owner<'_>) {
        if let Some(on) = &self.0 {
            on.by_id.insert(owner.key.id(), owner.key.clone());
            on.by_pseudonym.insert(owner.pseudonym, owner.key);
        }
    }

    /// A key is not, or no longer, in use.
    pub(crate) fn forget(&self, customer: &CustomerId) {
        if let Some(on) = &self.0
            && let Some(key) = on.by_pseudonym.remove(&on.pseudonyms.of(customer))
        {
            on.by_id.invalidate(&key.id());
        }
    }

    /// The stored form of what is said of an order. An order whose customer is not sealed, because it is older than the
    /// keys or its customer was erased, keeps it plain.
    pub(crate) async fn sealed<const N: usize>(
        &self,
        conn: &mut PgConnection,
        order: OrderId,
        texts: [(Column, &str); N],
    ) -> Result<[String; N], Error> {
        let plain = || texts.map(|(_, text)| text.to_owned());
        if self.0.is_none() || texts.iter().all(|(_, text)| text.is_empty()) {
            return Ok(plain());
        }
        let customer = customers::sealed(&mut *conn, order.uuid()).await?;
        let Some(id) = customer.as_deref().and_then(CustomerKey::of_text) else { return Ok(plain()) };
        let keys = self.keys(conn, [id].into()).await?;
        let Some(key) = keys.0.get(&id) else { return Ok(plain()) };
        let mut sealed = plain();
        for (to, (column, text)) in sealed.iter_mut().zip(texts) {
            *to = column.seal(key, order, text)?;
        }
        Ok(sealed)
    }

    /// Opens what is sealed of orders.
    pub(crate) async fn show(&self, db: impl PgExecutor<'_>, orders: &mut [Order]) -> Result<(), Error> {
        let ids: HashSet<Uuid> = orders.iter().filter_map(|order| key_of(&order.customer)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let keys = self.keys(db, ids).await?;
        for order in orders {
            keys.open(&mut order.customer, Column::Customer, order.id)?;
            keys.open(&mut order.reason, Column::Words, order.id)?;
            if let Some(number) = &mut order.tracking_number {
                keys.open(number, Column::Tracking, order.id)?;
            }
        }
        Ok(())
    }

    /// Opens what was said of orders.
    pub(crate) async fn show_words(
        &self,
        db: impl PgExecutor<'_>,
        words: Vec<(OrderId, &mut Private<String>)>,
    ) -> Result<(), Error> {
        let ids: HashSet<Uuid> = words.iter().filter_map(|(_, words)| key_of(words)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let keys = self.keys(db, ids).await?;
        words.into_iter().try_for_each(|(order, words)| keys.open(words, Column::Words, order))
    }

    /// The stored form of a reply about an order.
    pub(crate) async fn sealed_reply(
        &self,
        db: impl PgExecutor<'_>,
        order: &Order,
        key: &str,
        reply: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let Some(id) = order.sealed_by else { return Ok(reply) };
        let keys = self.keys(db, [id].into()).await?;
        match keys.0.get(&id) {
            Some(customer) => customer.seal(&reply, &reply_place(key)).map_err(Error::internal),
            None => Ok(reply),
        }
    }

    /// The reply that was stored.
    pub(crate) async fn reply(&self, db: impl PgExecutor<'_>, key: &str, stored: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(id) = CustomerKey::of(&stored) else { return Ok(stored) };
        let keys = self.keys(db, [id].into()).await?;
        let customer = keys.0.get(&id).ok_or_else(|| Error::internal("a reply of a customer who was erased"))?;
        customer.open(&stored, &reply_place(key)).map_err(Error::internal)
    }

    /// A key as it was stored.
    pub(crate) fn read(&self, stored: &Wrapped) -> Result<CustomerKey, Error> {
        self.on()?.read(stored)
    }

    /// Wraps all keys by the ring's first key, so that the others can be dropped.
    ///
    /// # Errors
    /// The database's, or a key that can't be read.
    pub async fn renew(&self, pool: &PgPool) -> Result<(), Error> {
        let Some(on) = &self.0 else { return Ok(()) };
        let mut renewed = 0;
        loop {
            let mut keys = customers::sealed_by_others(pool, on.ring.first(), BATCH).await?;
            if keys.is_empty() {
                break;
            }
            for key in &mut keys {
                key.wrapped = CustomerKey::wrapped_again(key.id, &key.wrapped, &on.ring).map_err(Error::internal)?;
            }
            customers::wrap_again(pool, on.ring.first(), &keys).await?;
            renewed += keys.len();
        }
        if renewed > 0 {
            tracing::info!(keys = renewed, ring_key = on.ring.first(), "keys of customers wrapped by the new key");
        }
        Ok(())
    }

    fn on(&self) -> Result<&On, Error> {
        self.0.as_deref().ok_or_else(|| Error::internal("orders are sealed, and encryption.keys is empty"))
    }

    async fn keys(&self, db: impl PgExecutor<'_>, ids: HashSet<Uuid>) -> Result<Keys, Error> {
        let on = self.on()?;
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match on.by_id.get(&id) {
                Some(key) => drop(found.insert(id, key)),
                None => missing.push(id),
            }
        }
        if !missing.is_empty() {
            for stored in customers::named(db, &missing).await? {
                let key = on.read(&stored)?;
                on.by_id.insert(key.id(), key.clone());
                found.insert(key.id(), key);
            }
        }
        Ok(Keys(found))
    }
}

fn cache<K: Eq + Hash + Send + Sync + 'static>() -> Cache<K, CustomerKey> {
    Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build()
}

impl On {
    fn read(&self, stored: &Wrapped) -> Result<CustomerKey, Error> {
        CustomerKey::stored(stored.id, &stored.wrapped, &self.ring).map_err(Error::internal)
    }
}
