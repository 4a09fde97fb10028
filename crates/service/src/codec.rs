//! What Temporal keeps is encrypted: inputs, results, signals, failures.
//!
//! The form is that of Temporal's own encryption samples, so that its web page and command line, given the gateway as
//! codec endpoint, can show payloads to those who may see them. What was written before there was a key stays readable.

use futures::future::{BoxFuture, ready};
use privacy::{Encrypted, Error, KeyRing, Place};
use prost::Message as _;
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
pub use temporalio_common::protos::temporal::api::common::v1::Payload;

const ENCODING: &str = "encoding";
/// The value of [`ENCODING`] of a payload that holds another.
const ENCRYPTED: &[u8] = b"binary/encrypted";
/// Which key.
const KEY_ID: &str = "encryption-key-id";

/// Encrypts the payloads of one namespace.
#[derive(Clone, Debug)]
pub struct Codec {
    ring: KeyRing,
    place: Place,
}

impl Codec {
    /// With these keys. What was encrypted for one namespace does not open in another.
    #[must_use]
    pub fn new(ring: KeyRing, namespace: &str) -> Self {
        Self { ring, place: Place::new("temporal payload", namespace) }
    }

    /// Encrypts, unless that was done before.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn encrypt(&self, payload: Payload) -> Result<Payload, Error> {
        if is_encrypted(&payload) {
            return Ok(payload);
        }
        let Encrypted { key_id, data } = self.ring.encrypt(&payload.encode_to_vec(), &self.place)?;
        let metadata =
            [(ENCODING.to_owned(), ENCRYPTED.to_vec()), (KEY_ID.to_owned(), key_id.into_bytes())].into_iter().collect();
        Ok(Payload { metadata, data, ..Default::default() })
    }

    /// Decrypts; what is not encrypted stays as it is.
    ///
    /// # Errors
    /// Its key is not in the ring, or it was changed.
    pub fn decrypt(&self, payload: Payload) -> Result<Payload, Error> {
        if !is_encrypted(&payload) {
            return Ok(payload);
        }
        let key_id = payload.metadata.get(KEY_ID).map(Vec::as_slice).unwrap_or_default();
        let key_id = std::str::from_utf8(key_id).map_err(|_| Error::Broken)?;
        let plain = self.ring.decrypt(key_id, &payload.data, &self.place)?;
        Payload::decode(plain.as_slice()).map_err(|_| Error::Broken)
    }
}

fn is_encrypted(payload: &Payload) -> bool {
    payload.metadata.get(ENCODING).is_some_and(|encoding| encoding.as_slice() == ENCRYPTED)
}

type Coded = BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>>;

impl PayloadCodec for Codec {
    fn encode(&self, _: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        coded(payloads.into_iter().map(|payload| self.encrypt(payload)).collect())
    }

    fn decode(&self, _: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        coded(payloads.into_iter().map(|payload| self.decrypt(payload)).collect())
    }
}

fn coded(payloads: Result<Vec<Payload>, Error>) -> Coded {
    Box::pin(ready(payloads.map_err(|error| PayloadConversionError::EncodingError(Box::new(error)))))
}

/// How the values of workflows and activities become payloads. Without keys as the SDK does it by itself.
pub(crate) fn converter(ring: Option<KeyRing>, namespace: &str) -> DataConverter {
    match ring {
        None => DataConverter::default(),
        // The words of a failure are encrypted too.
        Some(ring) => DataConverter::new(
            PayloadConverter::default(),
            DefaultFailureConverter::new(true),
            Codec::new(ring, namespace),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use privacy::Encryption;
    use temporalio_common::error::{ApplicationFailure, OutgoingActivityError};
    use temporalio_common::payload_visitor::encode_payloads;

    const KEY: &str = "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=";

    fn ring(keys: &[&str]) -> KeyRing {
        let keys = keys.iter().map(|id| format!("{id}:{KEY}").into()).collect();
        KeyRing::new(&Encryption { keys, index_key: None }).unwrap().unwrap()
    }

    fn payload() -> Payload {
        let metadata = [(ENCODING.to_owned(), b"json/plain".to_vec())].into_iter().collect();
        Payload { metadata, data: b"\"ord_1\"".to_vec(), ..Default::default() }
    }

    #[test]
    fn a_payload_has_the_form_of_temporals_samples() {
        let codec = Codec::new(ring(&["k1"]), "default");
        let encrypted = codec.encrypt(payload()).unwrap();
        assert_eq!(encrypted.metadata[ENCODING], b"binary/encrypted");
        assert_eq!(encrypted.metadata[KEY_ID], b"k1");
        assert!(!encrypted.data.windows(5).any(|bytes| bytes == b"ord_1"));
        assert_eq!(codec.encrypt(encrypted.clone()).unwrap(), encrypted, "once is enough");
        assert_eq!(codec.decrypt(encrypted).unwrap(), payload());
    }

    #[test]
    fn plain_payloads_pass_and_unknown_keys_are_named() {
        let codec = Codec::new(ring(&["k2"]), "default");
        assert_eq!(codec.decrypt(payload()).unwrap(), payload());
        let encrypted = Codec::new(ring(&["k1"]), "default").encrypt(payload()).unwrap();
        assert_eq!(codec.decrypt(encrypted).unwrap_err(), Error::UnknownKey("k1".to_owned()));
    }

    #[test]
    fn another_namespaces_payloads_do_not_open() {
        let encrypted = Codec::new(ring(&["k1"]), "default").encrypt(payload()).unwrap();
        assert_eq!(Codec::new(ring(&["k1"]), "other").decrypt(encrypted).unwrap_err(), Error::Broken);
    }

    #[tokio::test]
    async fn the_words_of_a_failure_are_encrypted() {
        let converter = converter(Some(ring(&["k1"])), "default");
        let words = Box::new(ApplicationFailure::builder(std::io::Error::other("no such customer")).build());
        let mut failure =
            converter.to_failure(&SerializationContextData::None, OutgoingActivityError::from(words).into());
        encode_payloads(&mut failure, converter.codec(), &SerializationContextData::None).await.unwrap();
        let words = failure.encoded_attributes.unwrap();
        assert_eq!(words.metadata[KEY_ID], b"k1");
        let all = [failure.message.as_bytes(), failure.stack_trace.as_bytes(), &words.data].concat();
        assert!(!String::from_utf8_lossy(&all).contains("customer"));
        let plain = Codec::new(ring(&["k1"]), "default").decrypt(words).unwrap();
        assert!(String::from_utf8(plain.data).unwrap().contains("no such customer"));
    }
}
