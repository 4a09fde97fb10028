//! The keys of the system.

use crate::config::Encryption;
use crate::envelope;
use crate::error::Error;
use crate::key::{Key, from_base64};
use crate::place::Place;
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::sync::Arc;

/// The longest id of a key.
const LONGEST_ID: usize = 32;

/// The keys of the system: the first seals, all open. So a new one is put first, and an old one is dropped when nothing is
/// left that it sealed.
#[derive(Clone)]
pub struct KeyRing {
    first: Named,
    others: Arc<[Named]>,
}

#[derive(Clone)]
struct Named {
    id: Arc<str>,
    key: Key,
}

/// A value and the id of the key that encrypted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Which key.
    pub key_id: String,
    /// Nonce, ciphertext and tag.
    pub data: Vec<u8>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl KeyRing {
    /// The configured one; `None`: there are no keys, and nothing is to be encrypted.
    ///
    /// # Errors
    /// A key that can't be used.
    pub fn new(config: &Encryption) -> Result<Option<Self>, Error> {
        Self::of(&config.keys)
    }

    /// The one of these keys, each `<key id>:<base64 of 32 bytes>`; `None`: there are none.
    ///
    /// # Errors
    /// A key that can't be used.
    pub fn of(keys: &[SecretString]) -> Result<Option<Self>, Error> {
        let mut ring: Vec<Named> = Vec::new();
        for (i, text) in keys.iter().enumerate() {
            let (id, key) = text.expose_secret().split_once(':').ok_or(Error::Malformed(i))?;
            if !is_id(id) {
                return Err(Error::Malformed(i));
            }
            if ring.iter().any(|other| *other.id == *id) {
                return Err(Error::Twice(i));
            }
            let key = Key::new(&from_base64(key.trim()).ok_or(Error::Malformed(i))?)?;
            ring.push(Named { id: id.into(), key });
        }
        let mut ring = ring.into_iter();
        Ok(ring.next().map(|first| Self { first, others: ring.collect() }))
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.first.id
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&*self.others).map(|named| &*named.id)
    }

    /// Encrypts, for those who keep the key's id beside the value.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn encrypt(&self, plain: &[u8], place: &Place) -> Result<Encrypted, Error> {
        Ok(Encrypted { key_id: self.first.id.to_string(), data: self.first.key.seal(plain, place)? })
    }

    /// What [`encrypt`](Self::encrypt) was given.
    ///
    /// # Errors
    /// The key is not in the ring; the value was changed or is of another place.
    pub fn decrypt(&self, key_id: &str, data: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        if !is_id(key_id) {
            return Err(Error::Broken);
        }
        let named = std::iter::once(&self.first).chain(&*self.others).find(|named| *named.id == *key_id);
        named.ok_or_else(|| Error::UnknownKey(key_id.to_owned()))?.key.open(data, place)
    }

    /// The same as one value that names its key.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub fn seal(&self, plain: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        Ok(envelope::put(self.first.id.as_bytes(), &self.first.key.seal(plain, place)?))
    }

    /// What [`seal`](Self::seal) was given.
    ///
    /// # Errors
    /// As for [`decrypt`](Self::decrypt).
    pub fn open(&self, sealed: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        let (id, body) = envelope::take(sealed).ok_or(Error::Broken)?;
        self.decrypt(std::str::from_utf8(id).map_err(|_| Error::Broken)?, body, place)
    }

    /// Whether the first key sealed it: if not, it has to be sealed again before that key is dropped.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        envelope::take(sealed).is_some_and(|(id, _)| id == self.first.id.as_bytes())
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn entry(id: &str, byte: u8) -> String {
        format!("{id}:{}", STANDARD.encode([byte; 32]))
    }

    fn ring(keys: &[String]) -> Result<Option<KeyRing>, Error> {
        KeyRing::new(&Encryption { keys: keys.iter().map(|k| k.as_str().into()).collect(), index_key: None })
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let place = Place::new("test", 1);
        let old = ring(&[entry("2026-01", 1)]).unwrap().unwrap();
        let sealed = old.seal(b"secret", &place).unwrap();
        let both = ring(&[entry("2026-02", 2), entry("2026-01", 1)]).unwrap().unwrap();
        assert_eq!(both.open(&sealed, &place).unwrap(), b"secret");
        assert!(!both.is_current(&sealed));
        let sealed = both.seal(b"secret", &place).unwrap();
        assert!(both.is_current(&sealed));
        assert_eq!(old.open(&sealed, &place), Err(Error::UnknownKey("2026-02".to_owned())));
        let encrypted = both.encrypt(b"secret", &place).unwrap();
        assert_eq!(encrypted.key_id, "2026-02");
        assert_eq!(both.decrypt("2026-01", &encrypted.data, &place), Err(Error::Broken));
        assert_eq!(both.decrypt("a\nb", &encrypted.data, &place), Err(Error::Broken));
        assert_eq!(both.open(b"plain", &place), Err(Error::Broken));
    }

    #[test]
    fn bad_keys_are_named_and_not_told() {
        assert!(ring(&[]).unwrap().is_none());
        let secret = STANDARD.encode([9; 32]);
        for (keys, expected) in [
            (vec![secret.clone()], Error::Malformed(0)),
            (vec![entry("a", 1), format!("b:{}", &secret[4..])], Error::Malformed(1)),
            (vec![format!("a b:{secret}")], Error::Malformed(0)),
            (vec![format!(":{secret}")], Error::Malformed(0)),
            (vec![entry("a", 1), entry("a", 2)], Error::Twice(1)),
        ] {
            let error = ring(&keys).unwrap_err();
            assert_eq!(error, expected);
            assert!(!error.to_string().contains(&secret[4..20]), "{error}");
        }
        let ring = ring(&[entry("a", 1), entry("b", 9)]).unwrap().unwrap();
        assert_eq!(format!("{ring:?}"), "[\"a\", \"b\"]");
    }
}
