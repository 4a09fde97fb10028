//! Those who are signed in, by the cookies of their browsers: no token ever reaches the page.

use super::config::SignIn;
use super::cookies::{Cookies, Session, Unkept};
use super::provider::{Lost, Provider, Tokens};
use super::renewal::Renewals;
use access::{Guard, Identity, Refused};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// By this a script of our own page says that it asks: a form or a link of another site can't, and a script would have to
/// ask first.
const OUR_PAGE: HeaderName = HeaderName::from_static("x-oms-console");
/// By this a browser says where a request is from, and no script can.
const FROM: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is needed to know those who are signed in. Copies are the same.
#[derive(Clone)]
pub(crate) struct People(Arc<Inner>);

struct Inner {
    cookies: Cookies,
    provider: Provider,
    guard: Guard,
    renewals: Renewals,
    public_url: String,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    /// The provider gave no tokens.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// What it gave is not valid here.
    #[error("the issuer's token: {0}")]
    Refused(#[from] Refused),
    /// What it gave can't be kept.
    #[error(transparent)]
    Unkept(#[from] Unkept),
}

impl People {
    pub(super) fn new(settings: SignIn, guard: &Guard) -> Result<Self, service::config::Error> {
        let SignIn { oidc, ring, public_url } = settings;
        let client = format!("{} {}", oidc.issuer, oidc.client_id);
        let cookies = Cookies::new(ring, public_url.starts_with("https://"), client);
        let provider = Provider::new(oidc, &public_url)?;
        Ok(Self(Arc::new(Inner { cookies, provider, guard: guard.clone(), renewals: Renewals::new(), public_url })))
    }

    pub(super) fn cookies(&self) -> &Cookies {
        &self.0.cookies
    }

    pub(super) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    pub(super) fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Whose page asks, if it is a page of ours.
    pub(super) fn asking(&self, headers: &HeaderMap) -> Option<Session> {
        if is_our_page(headers) { self.0.cookies.session(headers) } else { None }
    }

    /// Whose session it is.
    pub(super) async fn whose(&self, session: &Session) -> Result<Identity, Refused> {
        let identity = self.0.guard.whose(&session.access_token).await?;
        identity.ok_or(Refused::Invalid("nobody is asked for one"))
    }

    /// A session with new tokens. Who asks for the same at the same time gets the same: a provider gives them once.
    pub(super) async fn renewed(&self, session: &Session) -> Result<(Session, Identity), Arc<Unknown>> {
        let Some(old) = session.refresh_token.clone() else {
            return Err(Arc::new(Lost::Unusable("the issuer gave nothing to renew the session with").into()));
        };
        let (people, name, key) = (self.clone(), session.name.clone(), old.clone());
        let ask = async move {
            let tokens = people.0.provider.renew(&old).await?;
            let refresh_token = Some(tokens.refresh_token.clone().unwrap_or(old));
            let session = Session { refresh_token, ..session_of(&tokens, name) };
            let identity = people.whose(&session).await?;
            Ok((session, identity))
        };
        self.0.renewals.once(&key, ask).await
    }

    /// Puts a session's token into a request of our page. Who brings a token of their own is left alone.
    pub(crate) async fn lend(State(people): State<Self>, mut request: Request, next: Next) -> Response {
        if !request.headers().contains_key(AUTHORIZATION)
            && let Some(session) = people.asking(request.headers())
            && let Ok(mut token) = HeaderValue::try_from(format!("Bearer {}", session.access_token))
        {
            token.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        next.run(request).await
    }
}

/// A session of these tokens, from now on.
pub(super) fn session_of(tokens: &Tokens, name: Option<String>) -> Session {
    let (access_token, refresh_token) = (tokens.access_token.clone(), tokens.refresh_token.clone());
    Session { access_token, refresh_token, name, since: now() }
}

pub(super) fn is_our_page(headers: &HeaderMap) -> bool {
    let says = headers.get(OUR_PAGE).is_some_and(|value| value == "1");
    says && headers.get_all(FROM).iter().all(|from| from == "same-origin")
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_may_use_the_cookie() {
        let asks = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            is_our_page(&headers.collect())
        };
        assert!(asks(&[("x-oms-console", "1")]));
        assert!(asks(&[("x-oms-console", "1"), ("sec-fetch-site", "same-origin")]));
        assert!(!asks(&[]));
        assert!(!asks(&[("sec-fetch-site", "same-origin")]));
        assert!(!asks(&[("x-oms-console", "0")]));
        for elsewhere in ["cross-site", "same-site", "none", ""] {
            assert!(!asks(&[("x-oms-console", "1"), ("sec-fetch-site", elsewhere)]), "{elsewhere}");
        }
        assert!(!asks(&[("x-oms-console", "1"), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
    }
}
