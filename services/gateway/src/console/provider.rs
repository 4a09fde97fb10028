//! What the gateway asks the OpenID provider, as its client: where things are, tokens for a code, and new ones later.
//!
//! The few requests are made here, over the connection on which the issuer's keys are read, and tokens are checked by the
//! code that checks those of every call: a library for the flow would bring a second HTTP client and a second one for JWTs.

use super::config::Oidc;
use access::issuer::{self, Away, Http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use http::{HeaderValue, StatusCode, Uri};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long is believed what the provider said of itself.
const BELIEVED: Duration = Duration::from_secs(600);
const BASIC: &str = "client_secret_basic";

/// The provider, as the console's settings name it.
pub(super) struct Provider {
    oidc: Oidc,
    callback: String,
    http: Http,
    about: Mutex<Option<(Instant, Arc<About>)>>,
}

/// What the provider says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    #[serde(default = "basic")]
    token_endpoint_auth_methods_supported: Vec<String>,
}

fn basic() -> Vec<String> {
    vec![BASIC.to_owned()]
}

/// What somebody gets who has signed in.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// The provider does not answer.
    #[error(transparent)]
    Away(#[from] Away),
    /// It answers with this.
    #[error("the issuer answered {0}")]
    Status(StatusCode),
    /// It gives no tokens for what it was shown: a code or token that is used up, too old or another's.
    #[error("the issuer refused: {0}")]
    Refused(String),
    /// What it says makes no sense.
    #[error("{0}")]
    Unusable(&'static str),
}

/// What a browser is sent to the provider with.
pub(super) struct Question<'a> {
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    /// Of the verifier, by SHA-256.
    pub(super) challenge: &'a str,
}

impl Provider {
    pub(super) fn new(oidc: Oidc, public_url: &str) -> Result<Self, service::config::Error> {
        let http = Http::new().map_err(|error| service::config::Error::Invalid(format!("console.oidc: {error}")))?;
        let callback = format!("{public_url}/console/callback");
        Ok(Self { oidc, callback, http, about: Mutex::new(None) })
    }

    /// Its name.
    pub(super) fn issuer(&self) -> &str {
        &self.oidc.issuer
    }

    /// Ours there.
    pub(super) fn client_id(&self) -> &str {
        &self.oidc.client_id
    }

    /// What it says of itself. While it is away, what it said before.
    pub(super) async fn about(&self) -> Result<Arc<About>, Lost> {
        let mut about = self.about.lock().await;
        if let Some((read, known)) = &*about
            && read.elapsed() < BELIEVED
        {
            return Ok(Arc::clone(known));
        }
        match (self.look().await, &*about) {
            (Ok(new), _) => Ok(Arc::clone(&about.insert((Instant::now(), Arc::new(new))).1)),
            (Err(error), Some((_, known))) => {
                tracing::warn!(%error, "the OpenID provider does not say where things are; they stay where they were");
                Ok(Arc::clone(known))
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn look(&self) -> Result<About, Lost> {
        let issuer = &self.oidc.issuer;
        let uri = endpoint(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))?;
        let about: About = match self.http.get(&uri).await? {
            (StatusCode::OK, body) => read(&body)?,
            (status, _) => return Err(Lost::Status(status)),
        };
        if about.issuer != *issuer {
            return Err(Lost::Unusable("it has another name than console.oidc.issuer"));
        }
        // Codes and tokens go there, so not in plain text.
        endpoint(&about.authorization_endpoint)?;
        endpoint(&about.token_endpoint)?;
        Ok(about)
    }

    /// Where a browser goes to sign in.
    pub(super) async fn question(&self, question: &Question<'_>) -> Result<String, Lost> {
        let about = self.about().await?;
        Ok(with_query(
            &about.authorization_endpoint,
            &[
                ("response_type", "code"),
                ("client_id", &self.oidc.client_id),
                ("redirect_uri", &self.callback),
                ("scope", &self.oidc.scopes),
                ("state", question.state),
                ("nonce", question.nonce),
                ("code_challenge", question.challenge),
                ("code_challenge_method", "S256"),
            ],
        ))
    }

    /// Tokens for a code, once.
    pub(super) async fn exchange(&self, code: &str, verifier: &str) -> Result<Tokens, Lost> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("code_verifier", verifier),
        ];
        self.tokens(&fields).await
    }

    /// New tokens, for what came with those before.
    pub(super) async fn renew(&self, refresh_token: &str) -> Result<Tokens, Lost> {
        self.tokens(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Makes it forget a session, if it knows how to. What is left of it ends by itself.
    pub(super) async fn revoke(&self, refresh_token: &str) -> Result<(), Lost> {
        let about = self.about().await?;
        let Some(address) = &about.revocation_endpoint else { return Ok(()) };
        let fields = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        match self.post(&about, address, &fields).await? {
            (StatusCode::OK, _) => Ok(()),
            (status, _) => Err(Lost::Status(status)),
        }
    }

    /// Where a browser signs out of the provider too, if it can.
    pub(super) async fn end_session(&self, back_to: &str) -> Option<String> {
        let about = self.about().await.ok()?;
        let address = about.end_session_endpoint.as_ref()?;
        Some(with_query(address, &[("client_id", self.oidc.client_id.as_str()), ("post_logout_redirect_uri", back_to)]))
    }

    async fn tokens(&self, fields: &[(&str, &str)]) -> Result<Tokens, Lost> {
        #[derive(Deserialize)]
        struct Refusal {
            error: String,
        }
        let about = self.about().await?;
        match self.post(&about, &about.token_endpoint, fields).await? {
            (StatusCode::OK, body) => read(&body),
            (status, body) if status.is_client_error() => {
                Err(read::<Refusal>(&body).map_or(Lost::Status(status), |refusal| Lost::Refused(refusal.error)))
            }
            (status, _) => Err(Lost::Status(status)),
        }
    }

    async fn post(
        &self,
        about: &About,
        address: &str,
        fields: &[(&str, &str)],
    ) -> Result<(StatusCode, bytes::Bytes), Lost> {
        let (form, authorization) = self.signed(about, fields)?;
        Ok(self.http.post(&endpoint(address)?, form, authorization).await?)
    }

    /// A form that says who we are: in its header, unless the provider wants it inside.
    fn signed(&self, about: &About, fields: &[(&str, &str)]) -> Result<(String, Option<HeaderValue>), Lost> {
        let (id, secret) = (self.oidc.client_id.as_str(), self.oidc.client_secret.expose_secret());
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        let in_header = about.token_endpoint_auth_methods_supported.iter().any(|method| method == BASIC);
        let mut authorization = None;
        if secret.is_empty() {
            form.append_pair("client_id", id);
        } else if in_header {
            authorization = Some(credentials(id, secret)?);
        } else {
            form.append_pair("client_id", id).append_pair("client_secret", secret);
        }
        Ok((form.finish(), authorization))
    }
}

fn credentials(id: &str, secret: &str) -> Result<HeaderValue, Lost> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value =
        HeaderValue::try_from(format!("Basic {pair}")).map_err(|_| Lost::Unusable("the client's secret is no text"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn endpoint(address: &str) -> Result<Uri, Lost> {
    issuer::address(address).map_err(|_| Lost::Unusable("it names an address that is not https://"))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Lost> {
    serde_json::from_slice(body).map_err(|_| Lost::Unusable("its answer is not what the protocol says"))
}

fn with_query(address: &str, fields: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_added_to_the_one_that_is_there() {
        assert_eq!(with_query("https://i/auth", &[("a", "1 2"), ("b", "&")]), "https://i/auth?a=1+2&b=%26");
        assert_eq!(with_query("https://i/auth?x=y", &[("a", "1")]), "https://i/auth?x=y&a=1");
    }

    #[test]
    fn an_id_and_a_secret_are_encoded_before_they_are_joined() {
        let value = credentials("a:b", "s:+").unwrap();
        let told = STANDARD.decode(value.to_str().unwrap().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(told, b"a%3Ab:s%3A%2B");
        assert!(value.is_sensitive());
    }
}
