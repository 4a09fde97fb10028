//! The operators' console: a page for browsers, and who it is that looks at it.
//!
//! - `files`: what the browser loads, from this binary
//! - `sign_in`: the way to the OpenID provider and back; `provider`: what it is asked
//! - `cookies`: what a browser keeps of it, sealed
//! - `people`: those who are signed in; their page's requests get their tokens here
//! - `session`: who is signed in
//! - `notice`: what a person reads when there is nothing else to show

pub(crate) mod config;
mod cookies;
mod files;
mod notice;
mod people;
mod provider;
mod renewal;
mod session;
mod sign_in;

use crate::Config;
use access::{Guard, Mode};
use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue};

pub(crate) use files::is_here;
pub(crate) use people::People;

/// Scripts, styles and connections of this origin only, nothing inline, and in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; manifest-src 'self'";
const PROTECTION: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Those who can sign in; `None`: nobody can.
///
/// # Errors
/// Settings that can't be used.
pub(crate) fn people(config: &Config, guard: &Guard) -> Result<Option<People>, service::config::Error> {
    config.console.sign_in(&config.auth)?.map(|settings| People::new(settings, guard)).transpose()
}

/// `/console/…`.
pub(crate) fn router(config: &Config, people: Option<People>) -> Router {
    let sign_in = match (&people, config.auth.mode) {
        (Some(people), _) => sign_in::router(people.clone()),
        (None, Mode::Token) => sign_in::closed(),
        (None, Mode::Local) => Router::new(),
    };
    let router = files::router(files::embedded).merge(session::router(config, people)).merge(sign_in);
    router.layer(map_response(protected))
}

async fn protected(mut response: Response) -> Response {
    response.headers_mut().extend(PROTECTION);
    response
}
