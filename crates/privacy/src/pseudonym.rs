//! What stands for a customer's id where it has to be looked up by.

use crate::config::Encryption;
use crate::error::Error;
use crate::key::from_base64;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::ids::CustomerId;
use ring::hmac;
use secrecy::ExposeSecret as _;
use std::fmt;

/// What a pseudonym begins with.
const PREFIX: &str = "psn_";
/// What is signed beside it, so that what stands for one never stands for the other.
const CUSTOMER: &[u8] = b"oms customer\0";
const NUMBER: &[u8] = b"oms tracking number\0";

/// Whether it looks like a pseudonym.
#[must_use]
pub fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 43)
}

/// Makes pseudonyms: the same for the same id, whatever becomes of the ring. Whoever has the key can check a guess, and
/// nobody can turn one back.
#[derive(Clone)]
pub struct Pseudonyms(Option<hmac::Key>);

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Pseudonyms {
    /// With the configured key. Without a ring there are none, and an id stands for itself.
    ///
    /// # Errors
    /// A key that can't be used, or a ring without one.
    pub fn new(config: &Encryption) -> Result<Self, Error> {
        if config.keys.is_empty() {
            return Ok(Self(None));
        }
        let text = config.index_key.as_ref().map(|key| key.expose_secret().trim()).unwrap_or_default();
        if text.is_empty() {
            return Err(Error::NoIndexKey);
        }
        let key = from_base64(text).ok_or(Error::MalformedIndexKey)?;
        Ok(Self(Some(hmac::Key::new(hmac::HMAC_SHA256, &key))))
    }

    /// What stands for this customer: `psn_` and 43 characters, or the id itself if nothing is encrypted.
    #[must_use]
    pub fn of(&self, customer: &CustomerId) -> String {
        self.sign(CUSTOMER, customer.as_str()).unwrap_or_else(|| customer.to_string())
    }

    /// What stands for a parcel's number; `None` if nothing is encrypted.
    #[must_use]
    pub fn of_number(&self, number: &str) -> Option<String> {
        self.sign(NUMBER, number)
    }

    fn sign(&self, purpose: &[u8], text: &str) -> Option<String> {
        let mut context = hmac::Context::with_key(self.0.as_ref()?);
        context.update(purpose);
        context.update(text.as_bytes());
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(context.sign())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn pseudonyms(keys: &[&str], index_key: &str) -> Result<Pseudonyms, Error> {
        let keys = keys.iter().map(|key| (*key).into()).collect();
        Pseudonyms::new(&Encryption { keys, index_key: Some(index_key.into()) })
    }

    #[test]
    fn a_known_answer() {
        let customer = "CUST123".parse().unwrap();
        let made = pseudonyms(&["any"], &STANDARD.encode([7; 32])).unwrap().of(&customer);
        // HMAC-SHA256, by Python's.
        assert_eq!(made, "psn_sFd0EQTMi2FufukLWhTCsi5KjyUw--FqBKQOor364T0");
    }

    #[test]
    fn an_id_stands_for_itself_when_nothing_is_encrypted() {
        assert_eq!(pseudonyms(&[], "").unwrap().of(&"CUST123".parse().unwrap()), "CUST123");
        assert_eq!(pseudonyms(&[], "").unwrap().of_number("CUST123"), None);
    }

    #[test]
    fn a_number_and_a_customer_have_nothing_in_common() {
        let pseudonyms = pseudonyms(&["any"], &STANDARD.encode([7; 32])).unwrap();
        let number = pseudonyms.of_number("CUST123").unwrap();
        assert!(is_pseudonym(&number) && number != pseudonyms.of(&"CUST123".parse().unwrap()));
        assert_eq!(pseudonyms.of_number("CUST123"), Some(number));
    }

    #[test]
    fn a_ring_needs_the_key() {
        assert_eq!(pseudonyms(&["any"], "").unwrap_err(), Error::NoIndexKey);
        assert_eq!(pseudonyms(&["any"], "c2hvcnQ=").unwrap_err(), Error::MalformedIndexKey);
    }
}
