//! The issuer's keys, from a file or from the issuer.

use crate::config::Invalid;
use crate::issuer::{self, Away, Http};
use http::Uri;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// Characters of a modulus of 2048 bits.
const RSA_MODULUS: usize = 342;

/// Where the keys are.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Issuer(Box<Http>, Uri),
}

/// One key, with the one algorithm that it is for.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
    /// To see whether a set has changed.
    jwk: Jwk,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.jwk == other.jwk
    }
}

/// Why there is no set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Absent {
    #[error("the file can't be read: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Away(#[from] Away),
    #[error("the issuer answered {0}")]
    Status(http::StatusCode),
    #[error("it is no JWKS: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it has no key of RS256, ES256 or EdDSA")]
    Empty,
}

impl Source {
    /// From the setting.
    pub(crate) fn new(setting: &str) -> Result<Self, Invalid> {
        let invalid = |why: &str| Invalid { field: "jwks", why: why.to_owned() };
        if !setting.contains("://") {
            return Ok(Self::File(setting.into()));
        }
        let uri = issuer::address(setting).map_err(invalid)?;
        let http = Http::new().map_err(|error| invalid(&error.to_string()))?;
        Ok(Self::Issuer(Box::new(http), uri))
    }

    /// The keys there are now.
    pub(crate) async fn read(&self) -> Result<Vec<Key>, Absent> {
        match self {
            Self::File(path) => keys(&tokio::fs::read(path).await?),
            Self::Issuer(http, uri) => match http.get(uri).await? {
                (status, body) if status.is_success() => keys(&body),
                (status, _) => Err(Absent::Status(status)),
            },
        }
    }
}

/// The usable keys of a set. Others, of algorithms to come, are passed over.
fn keys(text: &[u8]) -> Result<Vec<Key>, Absent> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(text)?;
    let keys: Vec<Key> = set.keys.into_iter().filter_map(usable).collect();
    if keys.is_empty() { Err(Absent::Empty) } else { Ok(keys) }
}

/// A key is for one algorithm, which the key says and not the token.
fn usable(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= RSA_MODULUS => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let other_use = jwk.common.public_key_use.as_ref().is_some_and(|intended| *intended != PublicKeyUse::Signature);
    let other_algorithm = jwk.common.key_algorithm.is_some_and(|named| named != algorithm.into());
    if other_use || other_algorithm {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm, decoding, jwk })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        r#"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    #[test]
    fn keys_that_nobody_knows_are_passed_over() {
        let others = [
            r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#,
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            r#"{"kty":"MLDSA","pub":"x"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "7",
        ];
        let set = |keys: &[&str]| super::keys(format!("{{\"keys\":[{}]}}", keys.join(",")).as_bytes());
        let mut all = others.to_vec();
        all.push(ED25519);
        let found = set(&all).unwrap();
        assert_eq!((found.len(), found[0].algorithm), (1, Algorithm::EdDSA));
        assert!(matches!(set(&others), Err(Absent::Empty)));
        assert!(matches!(super::keys(b"{}"), Err(Absent::Json(_))));
    }

    #[test]
    fn keys_come_from_files_and_over_tls() {
        assert!(matches!(Source::new("/etc/oms/jwks.json"), Ok(Source::File(_))));
        assert!(matches!(Source::new("https://issuer/jwks"), Ok(Source::Issuer(..))));
        assert!(matches!(Source::new("http://127.0.0.1:9/jwks"), Ok(Source::Issuer(..))));
        assert!(Source::new("http://issuer/jwks").is_err());
    }
}
