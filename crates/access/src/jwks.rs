//! The issuer's keys, from a file or from the issuer.

use crate::config::Invalid;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// An issuer that takes longer is away.
const TIME: Duration = Duration::from_secs(5);
/// No set of keys is larger.
const LARGEST: usize = 256 * 1024;
/// Characters of a modulus of 2048 bits.
const RSA_MODULUS: usize = 342;

/// Where the keys are.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Issuer(Box<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>>, Uri),
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
    #[error("the issuer can't be reached: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("the issuer did not answer in time")]
    Time,
    #[error("the issuer answered {0}")]
    Status(http::StatusCode),
    #[error("the issuer's answer broke off, or is too long")]
    Body,
    #[error("it is no JWKS: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it has no key of RS256, ES256 or EdDSA")]
    Empty,
}

impl Source {
    /// From the setting.
    pub(crate) fn new(setting: &str) -> Result<Self, Invalid> {
        let invalid = |why: &str| Invalid { field: "jwks", why: why.to_owned() };
        let Some((scheme, _)) = setting.split_once("://") else { return Ok(Self::File(setting.into())) };
        let uri: Uri = setting.parse().map_err(|_| invalid("is not an address"))?;
        let here = uri.host().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
        if scheme != "https" && !(scheme == "http" && here) {
            return Err(invalid("must be https://, or a file: whoever can change the keys can be anybody"));
        }
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| invalid(&error.to_string()))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self::Issuer(Box::new(Client::builder(TokioExecutor::new()).build(https)), uri))
    }

    /// The keys there are now.
    pub(crate) async fn read(&self) -> Result<Vec<Key>, Absent> {
        match self {
            Self::File(path) => keys(&tokio::fs::read(path).await?),
            Self::Issuer(client, uri) => {
                let asked = async {
                    let mut request = Request::new(Empty::new());
                    *request.uri_mut() = uri.clone();
                    let answer = client.request(request).await?;
                    if !answer.status().is_success() {
                        return Err(Absent::Status(answer.status()));
                    }
                    let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|_| Absent::Body)?;
                    keys(&body.to_bytes())
                };
                tokio::time::timeout(TIME, asked).await.map_err(|_| Absent::Time)?
            }
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
