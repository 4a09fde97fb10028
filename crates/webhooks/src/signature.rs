//! Signatures: what is sent is signed with a secret that only the receiver knows too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;

/// What the written form of a secret starts with.
const PREFIX: &str = "whsec_";
/// 256 bits, as long as the hash.
pub(crate) const LENGTH: usize = 32;

/// The key of an endpoint's signatures.
#[derive(Clone, Debug)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = vec![0; LENGTH];
        getrandom::fill(&mut bytes)?;
        Ok(bytes.into())
    }

    /// The form that is shown, once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.bytes()))
    }

    /// The stored form.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// `v1,…` for a message with this id, sent at this time (seconds since 1970).
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes()) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standardwebhooks::Webhook;

    #[test]
    fn the_reference_implementation_agrees() {
        let (secret, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        let (id, body) = ("msg_1", b"{\"type\":\"order.approved\"}");
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let headers = |signature: String| {
            let mut headers = http::HeaderMap::new();
            headers.insert("webhook-id", id.parse().unwrap());
            headers.insert("webhook-timestamp", now.into());
            headers.insert("webhook-signature", signature.parse().unwrap());
            headers
        };
        let receiver = Webhook::new(&secret.reveal()).unwrap();
        assert!(receiver.verify(body, &headers(secret.sign(id, now, body))).is_ok());
        assert!(receiver.verify(body, &headers(other.sign(id, now, body))).is_err());
        let both = format!("{} {}", other.sign(id, now, body), secret.sign(id, now, body));
        assert!(receiver.verify(body, &headers(both)).is_ok());
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::generate().unwrap();
        assert!(!format!("{secret:?}").contains(&secret.reveal()[PREFIX.len()..]));
        assert_ne!(secret.reveal(), Secret::generate().unwrap().reveal());
    }
}
