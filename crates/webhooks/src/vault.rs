//! How the secrets of endpoints are stored: sealed by the key ring, if there is one.

use crate::signature::{LENGTH, Secret};
use contracts::common::{CreateWebhookEndpointResponse, RotateWebhookSecretResponse};
use contracts::ids::EndpointId;
use privacy::{KeyRing, Place};
use prost::Message;
use sqlx::PgPool;
use std::future::Future;
use std::future::ready;

/// Seals and opens secrets, and the replies that show one.
#[derive(Clone, Debug)]
pub(crate) struct Vault(Option<KeyRing>);

/// A reply that shows a secret.
pub(crate) trait Secretive: Message + Default {}
impl Secretive for CreateWebhookEndpointResponse {}
impl Secretive for RotateWebhookSecretResponse {}

/// A stored secret can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Locked {
    #[error("it is sealed, and encryption.keys is empty")]
    NoKeys,
    #[error(transparent)]
    Key(#[from] privacy::Error),
}

impl Vault {
    pub(crate) fn new(ring: Option<KeyRing>) -> Self {
        Self(ring)
    }

    /// The stored form.
    pub(crate) fn seal(&self, endpoint: EndpointId, secret: &Secret) -> Result<Vec<u8>, privacy::Error> {
        match &self.0 {
            Some(ring) => ring.seal(secret.bytes(), &place(endpoint)),
            None => Ok(secret.bytes().to_vec()),
        }
    }

    /// From the stored form, or from that of the time without keys.
    pub(crate) fn open(&self, endpoint: EndpointId, stored: Vec<u8>) -> Result<Secret, Locked> {
        if is_plain(&stored) {
            return Ok(stored.into());
        }
        let ring = self.0.as_ref().ok_or(Locked::NoKeys)?;
        Ok(ring.open(&stored, &place(endpoint))?.into())
    }

    /// The form in which a reply is kept for its request.
    pub(crate) fn seal_reply(&self, key: &str, reply: &impl Secretive) -> Result<Vec<u8>, privacy::Error> {
        match &self.0 {
            Some(ring) => ring.seal(&reply.encode_to_vec(), &reply_place(key)),
            None => Ok(reply.encode_to_vec()),
        }
    }

    /// The reply that was kept.
    pub(crate) fn open_reply(
        &self,
        key: &str,
        stored: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, service::Error>> + use<> {
        let opened = match (&self.0, privacy::is_sealed(&stored)) {
            (_, false) => Ok(stored),
            (Some(ring), true) => ring.open(&stored, &reply_place(key)).map_err(Locked::Key),
            (None, true) => Err(Locked::NoKeys),
        };
        ready(opened.map_err(service::Error::internal))
    }

    /// Seals all secrets by the ring's first key: those from the time without keys, and those of a key that is to be dropped.
    pub(crate) async fn renew(&self, pool: &PgPool) -> Result<(), service::Error> {
        let Some(ring) = &self.0 else { return Ok(()) };
        for (id, secret, old) in crate::store::secrets(pool).await? {
            let id = EndpointId::from(id);
            let again = |stored: Vec<u8>| -> Result<Vec<u8>, service::Error> {
                let secret = self.open(id, stored).map_err(service::Error::internal)?;
                self.seal(id, &secret).map_err(service::Error::internal)
            };
            let stale = |stored: &Vec<u8>| !ring.is_current(stored);
            if stale(&secret) || old.as_ref().is_some_and(stale) {
                let sealed = (again(secret.clone())?, old.map(again).transpose()?);
                crate::store::set_secrets(pool, id, &secret, sealed).await?;
            }
        }
        Ok(())
    }
}

/// A sealed one is longer.
fn is_plain(stored: &[u8]) -> bool {
    stored.len() <= LENGTH
}

fn place(endpoint: EndpointId) -> Place {
    Place::new("webhook secret", endpoint)
}

fn reply_place(key: &str) -> Place {
    Place::new("webhook secret reply", key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use privacy::Encryption;

    #[test]
    fn a_sealed_secret_is_only_that_endpoints() {
        let keys = vec!["k1:BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=".into()];
        let ring = KeyRing::new(&Encryption { keys, index_key: None }).unwrap();
        let (off, on) = (Vault::new(None), Vault::new(ring));
        let (endpoint, secret) = (EndpointId::new(), Secret::generate().unwrap());
        let plain = off.seal(endpoint, &secret).unwrap();
        assert_eq!(on.open(endpoint, plain).unwrap().reveal(), secret.reveal(), "from the time without keys");
        let sealed = on.seal(endpoint, &secret).unwrap();
        assert_eq!(on.open(endpoint, sealed.clone()).unwrap().reveal(), secret.reveal());
        assert!(on.open(EndpointId::new(), sealed.clone()).is_err());
        assert!(off.open(endpoint, sealed).is_err());
    }
}
