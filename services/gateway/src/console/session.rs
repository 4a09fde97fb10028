//! `GET /console/session`: who it is that looks at the page, as far as this gateway knows; and `POST /console/sign-out`.

use super::cookies::Session as Kept;
use super::people::{People, Unknown, is_our_page, now};
use super::provider::Lost;
use crate::{Config, Error};
use access::{Identity, LOCAL, Mode, Refused};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Who it is, and what their page needs to know.
#[derive(Serialize)]
struct Session {
    mode: &'static str,
    signed_in: bool,
    name: Option<String>,
    subject: Option<String>,
    roles: Vec<String>,
    expires_at: Option<String>,
    links: Arc<Links>,
}

/// Where more can be seen; an empty text: nowhere.
#[derive(Serialize)]
struct Links {
    workflow: String,
    trace: String,
}

/// Where a person signs out of the provider too.
#[derive(Serialize)]
struct SignedOut {
    end_session_url: Option<String>,
}

#[derive(Clone)]
struct About {
    mode: Mode,
    links: Arc<Links>,
    people: Option<People>,
}

pub(super) fn router(config: &Config, people: Option<People>) -> Router {
    let links = Links { workflow: config.console.workflow_link.clone(), trace: config.console.trace_link.clone() };
    let about = About { mode: config.auth.mode, links: Arc::new(links), people };
    Router::new().route("/console/session", get(session)).route("/console/sign-out", post(sign_out)).with_state(about)
}

/// What there is to say to a browser that asks.
enum Known {
    /// Somebody, with cookies that have changed.
    Somebody(Identity, Kept, Vec<HeaderValue>),
    /// Nobody, with cookies that are to go.
    Nobody(Vec<HeaderValue>),
}

async fn session(State(about): State<About>, headers: HeaderMap) -> Response {
    let known = match (about.mode, &about.people) {
        // Their role is chosen on the page.
        (Mode::Local, _) => {
            let local = Some(LOCAL.to_owned());
            let (name, subject) = (local.clone(), local);
            return told(about.session("local", name, subject, Vec::new(), None), Vec::new());
        }
        (Mode::Token, None) => Ok(Known::Nobody(Vec::new())),
        (Mode::Token, Some(people)) => look(people, &headers).await,
    };
    match known {
        Ok(Known::Somebody(identity, kept, cookies)) => {
            let subject = Some(identity.subject().to_owned());
            let roles = identity.roles().iter().map(|role| role.to_string()).collect();
            let name = kept.name.or_else(|| subject.clone());
            told(about.session("oidc", name, subject, roles, identity.expires().and_then(written)), cookies)
        }
        Ok(Known::Nobody(cookies)) => told(about.session("oidc", None, None, Vec::new(), None), cookies),
        Err(refused) => Error::Refused(Box::new(refused.into())).into_response(),
    }
}

impl About {
    fn session(
        &self,
        mode: &'static str,
        name: Option<String>,
        subject: Option<String>,
        roles: Vec<String>,
        expires_at: Option<String>,
    ) -> Session {
        Session { mode, signed_in: subject.is_some(), name, subject, roles, expires_at, links: Arc::clone(&self.links) }
    }
}

/// Who asks. A session that has little time left is renewed; while the provider is away, it goes on to its end.
async fn look(people: &People, headers: &HeaderMap) -> Result<Known, Refused> {
    let Some(session) = people.asking(headers) else { return Ok(Known::Nobody(Vec::new())) };
    let known = match people.whose(&session).await {
        Ok(identity) if !is_ending(&session, &identity) => {
            return Ok(Known::Somebody(identity, session, Vec::new()));
        }
        Ok(identity) => Some(identity),
        Err(Refused::Expired) => None,
        Err(Refused::NoKeys) => return Err(Refused::NoKeys),
        // It was valid once: the issuer has changed its keys, or we our settings.
        Err(refused) => {
            tracing::info!(%refused, "a session is not valid any more");
            return Ok(Known::Nobody(people.cookies().forget(headers)));
        }
    };
    let renewed = match people.renewed(&session).await {
        Ok((session, identity)) => people
            .cookies()
            .keep(headers, &session)
            .map(|cookies| Known::Somebody(identity, session, cookies))
            .map_err(|unkept| Arc::new(unkept.into())),
        Err(unknown) => Err(unknown),
    };
    Ok(match (renewed, known) {
        (Ok(known), _) => known,
        (Err(unknown), known) => {
            tracing::warn!(error = %unknown, "a session can't be renewed");
            match known {
                Some(identity) => Known::Somebody(identity, session, Vec::new()),
                // Perhaps it can be later.
                None if matches!(*unknown, Unknown::Lost(Lost::Away(_) | Lost::Status(_))) => Known::Nobody(Vec::new()),
                None => Known::Nobody(people.cookies().forget(headers)),
            }
        }
    })
}

/// Whether less than a third of its time is left.
fn is_ending(session: &Kept, identity: &Identity) -> bool {
    let end = identity.expires().unwrap_or(u64::MAX);
    let (life, left) = (end.saturating_sub(session.since), end.saturating_sub(now()));
    session.refresh_token.is_some() && left < life / 3
}

async fn sign_out(State(about): State<About>, headers: HeaderMap) -> Response {
    if !is_our_page(&headers) {
        return Error::Status(StatusCode::FORBIDDEN, "only the console's own page signs people out").into_response();
    }
    let Some(people) = &about.people else { return told(SignedOut { end_session_url: None }, Vec::new()) };
    if let Some(token) = people.cookies().session(&headers).and_then(|session| session.refresh_token)
        && let Err(error) = people.provider().revoke(&token).await
    {
        tracing::warn!(%error, "the issuer was not told that somebody has signed out");
    }
    let end_session_url = people.provider().end_session(&format!("{}/console/", people.public_url())).await;
    told(SignedOut { end_session_url }, people.cookies().forget(&headers))
}

/// Never kept: it is of one person at one moment.
fn told(body: impl Serialize, cookies: Vec<HeaderValue>) -> Response {
    let mut response = ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response();
    response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    response
}

fn written(seconds: u64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_all_others() {
        assert_eq!(written(1_796_021_168).as_deref(), Some("2026-11-30T06:46:08Z"));
        assert_eq!(written(u64::MAX), None);
    }
}
