//! The section `[encryption]` of a process's configuration.

use secrecy::SecretString;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The keys of the system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `<key id>:<base64 of 32 bytes>` each. The first encrypts, all decrypt; none: nothing is encrypted. In the
    /// environment also separated by commas.
    #[serde(deserialize_with = "keys")]
    pub keys: Vec<SecretString>,
    /// The base64 of 32 bytes, from which the pseudonyms of customers are made. It must never change.
    #[serde(default)]
    pub index_key: Option<SecretString>,
}

/// Keys, as a list or as one text with commas between them. A text is never refused here: the refusal would show it, and
/// with it the keys.
///
/// # Errors
/// Something else than texts.
pub fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SecretString>, D::Error> {
    struct Keys;

    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<SecretString>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of keys")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretString::from).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut keys = Vec::new();
            while let Some(key) = list.next_element()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }

    from.deserialize_any(Keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn keys_are_a_list_or_one_text() {
        for json in [r#"{"keys":["a:x","b:y"]}"#, r#"{"keys":"a:x, b:y"}"#] {
            let config: Encryption = serde_json::from_str(json).unwrap();
            assert_eq!(config.keys.iter().map(|k| k.expose_secret()).collect::<Vec<_>>(), ["a:x", "b:y"]);
            assert!(!format!("{config:?}").contains("a:x"));
        }
        assert!(serde_json::from_str::<Encryption>(r#"{"keys":"","more":1}"#).is_err());
        assert!(serde_json::from_str::<Encryption>(r#"{"keys":""}"#).unwrap().keys.is_empty());
    }
}
