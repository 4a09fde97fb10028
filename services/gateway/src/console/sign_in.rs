//! The way to the OpenID provider and back: authorization code with PKCE, state and nonce.

use super::cookies::{Begun, SIGN_IN_S, Session, Unkept};
use super::notice::notice;
use super::people::{People, Unknown, now, session_of};
use super::provider::{Lost, Question};
use access::{Asked, Refused};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

const HOME: &str = "/console/";
/// No address of the page is longer.
const LONGEST: usize = 2_048;

pub(super) fn router(people: People) -> Router {
    Router::new().route("/console/sign-in", get(sign_in)).route("/console/callback", get(callback)).with_state(people)
}

/// For a gateway where nobody can sign in.
pub(super) fn closed() -> Router {
    let sentence = "nobody can sign in to this gateway by a page: it has no console.oidc.issuer";
    Router::new().route(
        "/console/sign-in",
        get(async move |headers: HeaderMap| notice(&headers, StatusCode::NOT_FOUND, sentence)),
    )
}

/// Why somebody has come back and is not signed in.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("not begun in this browser, or too long ago")]
    NotBegun,
    #[error("refused at the provider")]
    Denied,
    #[error("the provider could not")]
    Provider,
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

impl From<Lost> for Failed {
    fn from(lost: Lost) -> Self {
        Self::Unknown(lost.into())
    }
}

impl Failed {
    /// For the person who waits. What the provider or an address said is not in it.
    fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotBegun => {
                (StatusCode::BAD_REQUEST, "this sign-in was not begun in this browser, or has taken too long")
            }
            Self::Denied => {
                (StatusCode::FORBIDDEN, "you were not signed in, because it was refused at the sign-in page")
            }
            Self::Provider => (StatusCode::BAD_GATEWAY, "you were not signed in: the sign-in service had a fault"),
            Self::Unknown(Unknown::Lost(Lost::Away(_) | Lost::Status(_))) => {
                (StatusCode::SERVICE_UNAVAILABLE, "the sign-in service can't be reached at this moment")
            }
            Self::Unknown(Unknown::Lost(Lost::Refused(_))) => {
                (StatusCode::BAD_REQUEST, "this sign-in was used before, or has taken too long")
            }
            Self::Unknown(Unknown::Refused(Refused::NoKeys)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "the keys of the sign-in service can't be had at this moment")
            }
            Self::Unknown(Unknown::Lost(Lost::Unusable(_)) | Unknown::Refused(_)) => {
                (StatusCode::BAD_GATEWAY, "the sign-in service said something that is not valid here")
            }
            Self::Unknown(Unknown::Unkept(Unkept::TooLarge)) => {
                (StatusCode::BAD_GATEWAY, "what the sign-in service gives is too large for your browser to keep")
            }
            Self::Unknown(Unknown::Unkept(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "you could not be signed in"),
        }
    }

    fn answer(&self, people: &People, headers: &HeaderMap) -> Response {
        let (status, sentence) = self.told();
        if status.is_server_error() {
            tracing::warn!(error = %self, "a sign-in failed");
        } else {
            tracing::info!(error = %self, "a sign-in failed");
        }
        super::notice::again(headers, status, sentence, &format!("{}/console/sign-in", people.public_url()))
    }
}

/// To the provider.
async fn sign_in(State(people): State<People>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let to = fields(query.as_deref()).find(|(name, _)| name == "to").and_then(|(_, to)| own(&to));
    let begin = async {
        let begun = Begun {
            state: random().ok_or(Failed::Provider)?,
            nonce: random().ok_or(Failed::Provider)?,
            verifier: random().ok_or(Failed::Provider)?,
            to: to.unwrap_or_else(|| HOME.to_owned()),
            since: now(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&begun.verifier));
        let question = Question { state: &begun.state, nonce: &begun.nonce, challenge: &challenge };
        let address = people.provider().question(&question).await?;
        Ok::<_, Failed>((address, people.cookies().begin(&begun).map_err(Unknown::from)?))
    };
    match begin.await {
        Ok((address, cookie)) => redirect(StatusCode::FOUND, &address, [cookie]),
        Err(failed) => failed.answer(&people, &headers),
    }
}

/// Back from it.
async fn callback(State(people): State<People>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let fields: Vec<_> = fields(query.as_deref()).collect();
    let field = |name: &str| fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value);
    let begun = people.cookies().begun(&headers, field("state"));
    let Some(begun) = begun.filter(|begun| now() < begun.since.saturating_add(SIGN_IN_S)) else {
        return Failed::NotBegun.answer(&people, &headers);
    };
    // Whatever comes of it, this one is over.
    let mut cookies: Vec<HeaderValue> = people.cookies().end(&begun.state).into_iter().collect();
    let kept = async {
        let session = finish(&people, &begun, field("error"), field("code"), field("iss")).await?;
        Ok::<_, Failed>(people.cookies().keep(&headers, &session).map_err(Unknown::from)?)
    };
    match kept.await {
        Ok(kept) => {
            cookies.extend(kept);
            redirect(StatusCode::SEE_OTHER, &begun.to, cookies)
        }
        Err(failed) => {
            let mut answer = failed.answer(&people, &headers);
            answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
            answer
        }
    }
}

async fn finish(people: &People, begun: &Begun, error: &str, code: &str, iss: &str) -> Result<Session, Failed> {
    let provider = people.provider();
    match error {
        "" => {}
        "access_denied" => return Err(Failed::Denied),
        _ => return Err(Failed::Provider),
    }
    // Where a provider says who it is, it has to be the one that was asked.
    if code.is_empty() || !(iss.is_empty() || iss == provider.issuer()) {
        return Err(Failed::Provider);
    }
    let tokens = provider.exchange(code, &begun.verifier).await?;
    let id_token = tokens.id_token.as_deref().ok_or(Lost::Unusable("the issuer gave no ID token"))?;
    let asked = Asked { issuer: provider.issuer(), client_id: provider.client_id(), nonce: &begun.nonce };
    let name = people.guard().signed_in(id_token, asked).await.map_err(Unknown::from)?;
    let session = session_of(&tokens, name);
    let identity = people.whose(&session).await.map_err(Unknown::from)?;
    tracing::info!(subject = identity.subject(), roles = ?identity.roles(), "signed in");
    Ok(session)
}

fn redirect(status: StatusCode, to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut response = status.into_response();
    // Both are of characters that an address has.
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static(HOME));
    let headers = response.headers_mut();
    headers.insert(LOCATION, to);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    response
}

fn fields(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned()
}

/// An address of the page itself: nobody is sent elsewhere by a link to us.
fn own(to: &str) -> Option<String> {
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let of_the_page = path.starts_with(HOME) && !path.contains("//") && !path.contains("/.");
    let of_ours = ["sign-in", "callback", "session", "sign-out"].iter().any(|own| path == format!("{HOME}{own}"));
    (to.len() <= LONGEST && plain && of_the_page && !of_ours).then(|| to.to_owned())
}

/// A word that nobody can guess.
fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_page_only() {
        for good in ["/console/", "/console/orders/ord_1?status=NEW&text=a%20b", "/console/a#b"] {
            assert_eq!(own(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "/",
            "/orders",
            "//evil/console/",
            "https://evil/console/",
            "/console",
            "/console//evil",
            "/console/../orders",
            "/console/./x",
            "/console/\\evil",
            "/console/a\r\nset-cookie: x=y",
            "/console/é",
            "/console/sign-in?to=/console/",
            "/console/callback",
            &format!("/console/{}", "a".repeat(LONGEST)),
        ] {
            assert_eq!(own(bad), None, "{bad}");
        }
    }

    #[test]
    fn words_are_long_and_new() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
    }
}
