//! One key, and what it does to bytes.

use crate::error::Error;
use crate::place::Place;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt;
use std::sync::Arc;

/// 256 bits.
pub(crate) const LENGTH: usize = 32;

/// A key of AES-256-GCM. Never printed.
#[derive(Clone)]
pub(crate) struct Key(Arc<LessSafeKey>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Key {
    pub(crate) fn new(bytes: &[u8; LENGTH]) -> Result<Self, Error> {
        // The length is right.
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::Broken)?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// A new nonce and what it and the key make of `plain`, with its tag.
    pub(crate) fn seal(&self, plain: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        self.seal_with(random()?, plain, place.bytes())
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], plain: &[u8], place: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(place), &mut sealed[NONCE_LEN..]);
        sealed.extend_from_slice(tag.map_err(|_| Error::Broken)?.as_ref());
        Ok(sealed)
    }

    pub(crate) fn open(&self, sealed: &[u8], place: &Place) -> Result<Vec<u8>, Error> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Error::Broken)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, Aad::from(place.bytes()), &mut rest).map_err(|_| Error::Broken)?;
        let length = plain.len();
        rest.truncate(length);
        Ok(rest)
    }
}

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// A new key as it is configured: the base64 of 32 random bytes.
///
/// # Errors
/// There is no randomness.
pub fn generate() -> Result<String, Error> {
    Ok(STANDARD.encode(random::<LENGTH>()?))
}

/// The bytes of a key as it is configured.
pub(crate) fn from_base64(text: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits = |i| u8::from_str_radix(&text[i..i + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega).
    #[test]
    fn a_known_answer() {
        let key: [u8; LENGTH] =
            hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
        let plain = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let place = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let nonce = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let sealed = Key::new(&key).unwrap().seal_with(nonce, &plain, &place).unwrap();
        let expected = "cafebabefacedbaddecaf888522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
        assert_eq!(sealed, hex(expected));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_only_as_it_is(plain: Vec<u8>, at: usize, bit in 0..8_u8) {
            let key = Key::new(&random().unwrap()).unwrap();
            let place = Place::new("test", "here");
            let mut sealed = key.seal(&plain, &place).unwrap();
            prop_assert_eq!(key.open(&sealed, &place).unwrap(), plain.as_slice());
            prop_assert_eq!(key.open(&sealed, &Place::new("test", "there")), Err(Error::Broken));
            prop_assert_eq!(key.open(&sealed[..sealed.len() - 1], &place), Err(Error::Broken));
            prop_assert_ne!(&key.seal(&plain, &place).unwrap(), &sealed);
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key.open(&sealed, &place), Err(Error::Broken));
        }
    }

    #[test]
    fn too_short_is_broken() {
        let key = Key::new(&random().unwrap()).unwrap();
        for length in 0..30 {
            assert_eq!(key.open(&vec![0; length], &Place::new("test", "")), Err(Error::Broken));
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", Key::new(&[7; LENGTH]).unwrap()), "[redacted]");
        assert!(from_base64("c2hvcnQ=").is_none());
        assert!(from_base64(&STANDARD.encode([7; LENGTH])).is_some());
    }
}
