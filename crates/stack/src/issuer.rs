//! Signs tokens, as the issuer of a deployment would: for `cargo xtask up --auth`, and for tests.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Result};
use crate::layout;

/// `iss` of the tokens of one that has no other name.
pub const ISSUER: &str = "https://issuer.oms.local";
/// `aud` of its tokens.
pub const AUDIENCE: &str = "oms";

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8.
const ED25519_PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// With which algorithm it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signing {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// Has a key, and signs with it.
pub struct Issuer {
    name: String,
    algorithm: Algorithm,
    key: EncodingKey,
    public: Jwk,
}

/// What a token says.
#[derive(Clone, Debug, Serialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// Whose.
    pub sub: String,
    /// What they are.
    pub roles: Vec<String>,
    /// From when, in seconds since 1970.
    pub nbf: u64,
    /// Until when.
    pub exp: u64,
}

impl Claims {
    /// Of somebody with these roles, from now on for so long.
    pub fn new(subject: &str, roles: &[&str], lifetime: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: subject.to_owned(),
            roles: roles.iter().map(ToString::to_string).collect(),
            nbf: now,
            exp: now + lifetime.as_secs(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    signing: Signing,
    pkcs8: Vec<u8>,
}

impl Issuer {
    /// One with a new key.
    pub fn generate(signing: Signing) -> Result<Self> {
        Self::with(signing, &generate(signing)?)
    }

    /// The one of this folder, under this name; it is made when there is none. The folder then also has its `jwks.json`.
    pub fn of_folder(folder: &Path, name: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).at("creating", folder)?;
        let file = Self::key_file(folder);
        let stored = match layout::read::<Stored>(&file) {
            Some(stored) => stored,
            None => {
                let stored = Stored { signing: Signing::EdDsa, pkcs8: generate(Signing::EdDsa)? };
                layout::write_private(&file, &stored)?;
                stored
            }
        };
        let issuer = Self { name: name.to_owned(), ..Self::with(stored.signing, &stored.pkcs8)? };
        let jwks = Self::jwks_file(folder);
        std::fs::write(&jwks, jwks_of(&[&issuer])).at("writing", &jwks)?;
        Ok(issuer)
    }

    /// Where [`Self::of_folder`] keeps the key.
    pub(crate) fn key_file(folder: &Path) -> PathBuf {
        folder.join("key.json")
    }

    /// Where [`Self::of_folder`] puts the public keys.
    pub fn jwks_file(folder: &Path) -> PathBuf {
        folder.join("jwks.json")
    }

    fn with(signing: Signing, pkcs8: &[u8]) -> Result<Self> {
        let (algorithm, key) = match signing {
            Signing::Es256 => (Algorithm::ES256, EncodingKey::from_ec_der(pkcs8)),
            Signing::EdDsa => (Algorithm::EdDSA, EncodingKey::from_ed_der(pkcs8)),
        };
        let mut public = Jwk::from_encoding_key(&key, algorithm).map_err(|error| unusable(&error))?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).map_err(|error| unusable(&error))?);
        Ok(Self { name: ISSUER.to_owned(), algorithm, key, public })
    }

    /// A token that says this.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let mut header = Header::new(self.algorithm);
        header.kid.clone_from(&self.public.common.key_id);
        encode(&header, claims, &self.key).map_err(|error| unusable(&error))
    }

    /// A token of somebody with these roles, for so long.
    pub fn token(&self, subject: &str, roles: &[&str], lifetime: Duration) -> Result<String> {
        self.sign(&Claims { iss: self.name.clone(), ..Claims::new(subject, roles, lifetime) })
    }
}

/// The public keys of these issuers, as one JWKS.
pub fn jwks_of(issuers: &[&Issuer]) -> String {
    let keys = issuers.iter().map(|issuer| issuer.public.clone()).collect();
    serde_json::to_string_pretty(&JwkSet { keys }).unwrap_or_default()
}

fn generate(signing: Signing) -> Result<Vec<u8>> {
    let random = SystemRandom::new();
    match signing {
        Signing::Es256 => {
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            Ok(document.map_err(|error| unusable(&error))?.as_ref().to_vec())
        }
        Signing::EdDsa => {
            let mut seed = [0; 32];
            random.fill(&mut seed).map_err(|error| unusable(&error))?;
            Ok([&ED25519_PKCS8[..], &seed].concat())
        }
    }
}

fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::Failed { what: "signing a token".to_owned(), detail: error.to_string() }
}
