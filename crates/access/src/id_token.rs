//! ID tokens: what the issuer says of somebody who has just signed in, to the program that asked it to.

use crate::refusal::Refused;
use crate::token::{Verifier, refusal};
use jsonwebtoken::{decode, decode_header};
use serde::Deserialize;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whom.
    pub issuer: &'a str,
    /// By which client.
    pub client_id: &'a str,
    /// With this word, which nobody else knows: an answer without it is one to another question.
    pub nonce: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    nonce: Option<String>,
    azp: Option<String>,
    name: Option<String>,
    preferred_username: Option<String>,
}

impl Verifier {
    /// Whether this is the issuer's answer. Its keys are those of the access tokens.
    ///
    /// # Errors
    /// It is not.
    pub(crate) async fn signed_in(&self, token: &str, asked: Asked<'_>) -> Result<Option<String>, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Invalid("it is no JWT"))?;
        let (key, _) = self.key(&header).await?;
        let mut rules = self.rules(key.algorithm);
        rules.set_issuer(&[asked.issuer]);
        rules.set_audience(&[asked.client_id]);
        let claims = decode::<Claims>(token, &key.decoding, &rules).map_err(|e| refusal(e.kind()))?.claims;
        if claims.nonce.as_deref() != Some(asked.nonce) {
            return Err(Refused::Invalid("it answers another question"));
        }
        if claims.azp.is_some_and(|client| client != asked.client_id) {
            return Err(Refused::Invalid("it is for another client"));
        }
        Ok(claims.name.or(claims.preferred_username))
    }
}
