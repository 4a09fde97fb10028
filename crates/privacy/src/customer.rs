//! The key of one customer.

use crate::envelope;
use crate::error::Error;
use crate::key::{Key, LENGTH, random};
use crate::keyring::KeyRing;
use crate::place::Place;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use uuid::Uuid;

/// What a sealed text begins with: no text of a caller has a control character.
const MARK: char = '\u{1}';

/// Whether this is a sealed text, where sealed and plain ones may lie side by side.
#[must_use]
pub fn is_sealed_text(stored: &str) -> bool {
    stored.starts_with(MARK)
}

/// The key of one customer. With it goes everything that it sealed.
#[derive(Clone, Debug)]
pub struct CustomerKey {
    id: Uuid,
    key: Key,
}

impl CustomerKey {
    /// A new one, and its stored form: sealed by the ring.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn generate(ring: &KeyRing) -> Result<(Self, Vec<u8>), Error> {
        let (id, bytes) = (Uuid::from_bytes(random()?), random::<LENGTH>()?);
        Ok((Self { id, key: Key::new(&bytes)? }, ring.seal(&bytes, &place(id))?))
    }

    /// The one that was stored.
    ///
    /// # Errors
    /// The ring lacks the key that it was sealed with, or it was changed.
    pub fn stored(id: Uuid, wrapped: &[u8], ring: &KeyRing) -> Result<Self, Error> {
        let bytes = ring.open(wrapped, &place(id))?.try_into().map_err(|_| Error::Broken)?;
        Ok(Self { id, key: Key::new(&bytes)? })
    }

    /// Its stored form, sealed by the ring's first key instead of another.
    ///
    /// # Errors
    /// As for [`stored`](Self::stored).
    pub fn wrapped_again(id: Uuid, wrapped: &[u8], ring: &KeyRing) -> Result<Vec<u8>, Error> {
        ring.seal(&ring.open(wrapped, &place(id))?, &place(id))
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// What all values begin with that it sealed.
    #[must_use]
    pub fn beginning(&self) -> Vec<u8> {
        envelope::put(self.id.as_bytes(), &[])
    }

    /// The name of the key that sealed this; `None` if that was none of a customer.
    #[must_use]
    pub fn of(sealed: &[u8]) -> Option<Uuid> {
        Uuid::from_slice(envelope::take(sealed)?.0).ok()
    }

    /// The same of a sealed text.
    #[must_use]
    pub fn of_text(sealed: &str) -> Option<Uuid> {
        Self::of(&bytes(sealed)?)
    }

    /// Seals.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn seal(&self, plain: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        Ok(envelope::put(self.id.as_bytes(), &self.key.seal(plain, place)?))
    }

    /// What [`seal`](Self::seal) was given.
    ///
    /// # Errors
    /// Another key's, changed, or of another place.
    pub fn open(&self, sealed: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        let (id, body) = envelope::take(sealed).ok_or(Error::Broken)?;
        if id != self.id.as_bytes() {
            return Err(Error::Broken);
        }
        self.key.open(body, place)
    }

    /// Seals into a text, for where other texts are plain. An empty one tells nothing and stays as it is.
    ///
    /// # Errors
    /// As for [`seal`](Self::seal).
    pub fn seal_text(&self, plain: &str, place: &Place) -> Result<String, Error> {
        if plain.is_empty() {
            return Ok(String::new());
        }
        Ok(format!("{MARK}{}", STANDARD_NO_PAD.encode(self.seal(plain.as_bytes(), place)?)))
    }

    /// What [`seal_text`](Self::seal_text) was given.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_text(&self, sealed: &str, place: &Place) -> Result<String, Error> {
        let plain = self.open(&bytes(sealed).ok_or(Error::Broken)?, place)?;
        String::from_utf8(plain).map_err(|_| Error::Broken)
    }
}

fn place(id: Uuid) -> Place {
    Place::new("customer key", id)
}

fn bytes(sealed: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(sealed.strip_prefix(MARK)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Encryption;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn ring(names: &[(&str, u8)]) -> KeyRing {
        let entry = |(id, byte): &(&str, u8)| format!("{id}:{}", STANDARD.encode([*byte; LENGTH])).into();
        let config = Encryption { keys: names.iter().map(entry).collect(), index_key: None };
        KeyRing::new(&config).unwrap().unwrap()
    }

    #[test]
    fn a_stored_key_survives_the_rotation_of_the_ring() {
        let (old, both, new) = (ring(&[("a", 1)]), ring(&[("b", 2), ("a", 1)]), ring(&[("b", 2)]));
        let (key, wrapped) = CustomerKey::generate(&old).unwrap();
        let sealed = key.seal(b"CUST123", &Place::new("test", 1)).unwrap();
        assert_eq!(CustomerKey::of(&sealed), Some(key.id()));
        assert!(CustomerKey::stored(key.id(), &wrapped, &new).is_err());
        let wrapped = CustomerKey::wrapped_again(key.id(), &wrapped, &both).unwrap();
        assert!(both.is_current(&wrapped));
        let stored = CustomerKey::stored(key.id(), &wrapped, &new).unwrap();
        assert_eq!(stored.open(&sealed, &Place::new("test", 1)).unwrap(), b"CUST123");
        assert!(CustomerKey::stored(Uuid::nil(), &wrapped, &new).is_err(), "of another customer");
    }

    #[test]
    fn another_customers_key_opens_nothing() {
        let (ring, place) = (ring(&[("a", 1)]), Place::new("test", 1));
        let (mine, other) = (CustomerKey::generate(&ring).unwrap().0, CustomerKey::generate(&ring).unwrap().0);
        let sealed = mine.seal_text("CUST123", &place).unwrap();
        assert_eq!(CustomerKey::of_text(&sealed), Some(mine.id()));
        assert_eq!(other.open_text(&sealed, &place), Err(Error::Broken));
        assert_eq!(mine.open_text("CUST123", &place), Err(Error::Broken));
        assert_eq!(CustomerKey::of_text("CUST123"), None);
    }

    proptest! {
        #[test]
        fn texts_come_back(text: String) {
            let (key, _) = CustomerKey::generate(&ring(&[("a", 1)])).unwrap();
            let place = Place::new("test", "");
            let sealed = key.seal_text(&text, &place).unwrap();
            prop_assert_eq!(is_sealed_text(&sealed), !text.is_empty());
            if !text.is_empty() {
                prop_assert_eq!(key.open_text(&sealed, &place).unwrap(), text);
            }
        }
    }
}
