//! Tokens: JWTs of one issuer, for one audience.

use crate::config::Auth;
use crate::guard::Identity;
use crate::jwks::Key;
use crate::keys::Keys;
use crate::refusal::Refused;
use crate::role::Roles;
use contracts::ids::CustomerId;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, get_current_timestamp};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// No token is longer, in bytes.
const LONGEST: usize = 8 * 1024;
/// Tokens that were found valid and are remembered, and for how long without being seen.
const REMEMBERED: u64 = 10_000;
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);

type Fingerprint = [u8; 32];

/// Tells valid tokens from others.
#[derive(Debug)]
pub struct Verifier {
    keys: Keys,
    issuer: String,
    audience: String,
    leeway: u64,
    roles_claim: String,
    /// Checking a signature costs ten times what all else does.
    valid: Cache<Fingerprint, Valid>,
}

#[derive(Clone, Debug)]
struct Valid {
    identity: Identity,
    expires: u64,
    /// Of the keys that it was checked with.
    version: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Verifier {
    pub(crate) fn new(auth: &Auth, keys: Keys) -> Self {
        Self {
            keys,
            issuer: auth.issuer.clone(),
            audience: auth.audience.clone(),
            leeway: auth.leeway_s,
            roles_claim: auth.roles_claim.clone(),
            valid: Cache::builder().max_capacity(REMEMBERED).time_to_idle(FORGOTTEN_AFTER).build(),
        }
    }

    /// Whose token it is, if it was found valid before and still is.
    pub(crate) fn remembered(&self, token: &str) -> Option<Identity> {
        self.keys.fresh().ok()?;
        let valid = self.valid.get(&fingerprint(token))?;
        let lives = get_current_timestamp() < valid.expires.saturating_add(self.leeway);
        (lives && valid.version == self.keys.version()).then_some(valid.identity)
    }

    /// Whose token it is.
    pub(crate) async fn verify(&self, token: &str) -> Result<Identity, Refused> {
        if let Some(identity) = self.remembered(token) {
            return Ok(identity);
        }
        if token.len() > LONGEST {
            return Err(Refused::Invalid("it is too long"));
        }
        let header = decode_header(token).map_err(|_| Refused::Invalid("it is no JWT"))?;
        let (key, version) = self.key(&header).await?;
        let claims =
            decode::<Claims>(token, &key.decoding, &self.rules(key.algorithm)).map_err(|e| refusal(e.kind()))?.claims;
        // What becomes a name in the books has to look like one.
        let subject: CustomerId = claims.sub.parse().map_err(|_| Refused::Invalid("its subject is no name"))?;
        let roles = roles(&claims.others, &self.roles_claim);
        let identity = Identity { subject: subject.as_str().into(), roles, expires: Some(claims.exp) };
        let valid = Valid { identity: identity.clone(), expires: claims.exp, version };
        self.valid.insert(fingerprint(token), valid);
        Ok(identity)
    }

    /// The key that a token with this header has to be signed with.
    pub(crate) async fn key(&self, header: &Header) -> Result<(Key, u64), Refused> {
        let (key, version) = self.keys.find(header.kid.as_deref()).await?;
        if header.alg != key.algorithm {
            return Err(Refused::Invalid("its algorithm is not that of its key"));
        }
        Ok((key, version))
    }

    pub(crate) fn rules(&self, algorithm: Algorithm) -> Validation {
        let mut rules = Validation::new(algorithm);
        rules.leeway = self.leeway;
        rules.validate_nbf = true;
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules
    }
}

fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).into()
}

/// The roles that a claim names; a dot goes into an object. Words that are no role of ours are somebody else's.
fn roles(claims: &Map<String, Value>, claim: &str) -> Roles {
    let mut parts = claim.split('.');
    let first = parts.next().and_then(|part| claims.get(part));
    let named = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
    let mut roles = Roles::default();
    let mut add = |word: &str| _ = word.parse().map(|role| roles.insert(role));
    match named {
        Some(Value::String(words)) => words.split_whitespace().for_each(&mut add),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).for_each(&mut add),
        _ => {}
    }
    roles
}

pub(crate) const fn refusal(error: &ErrorKind) -> Refused {
    Refused::Invalid(match error {
        ErrorKind::ExpiredSignature => return Refused::Expired,
        ErrorKind::ImmatureSignature => "its time has not come",
        ErrorKind::InvalidIssuer => "it is of another issuer",
        ErrorKind::InvalidAudience => "it is for somebody else",
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of exp, iss, aud and sub",
        _ => "it can't be read",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;
    use serde_json::json;

    fn of(claims: Value, claim: &str) -> Roles {
        roles(claims.as_object().unwrap(), claim)
    }

    #[test]
    fn roles_are_a_list_or_a_text() {
        let both = Roles::of(&[Role::Manager, Role::Finance]);
        assert_eq!(of(json!({ "roles": ["manager", "finance", "pilot", 7] }), "roles"), both);
        assert_eq!(of(json!({ "scope": "openid manager finance" }), "scope"), both);
        assert_eq!(of(json!({ "realm_access": { "roles": ["manager", "finance"] } }), "realm_access.roles"), both);
        for none in [json!({}), json!({ "roles": 7 }), json!({ "roles": { "manager": true } })] {
            assert_eq!(of(none, "roles"), Roles::default());
        }
    }
}
