//! A request before its fields are read.

use super::App;
use super::query::{self, Query};
use crate::Error;
use crate::json::Object;
use access::{LOCAL_ROLE, LOCAL_SUBJECT};
use axum::body::Body;
use axum::extract::{FromRequest, RawPathParams, Request};
use bytes::{Bytes, BytesMut};
use contracts::Violations;
use contracts::values::RequestId;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, HeaderName, Method};
use http_body_util::BodyExt as _;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tonic::metadata::{Ascii, MetadataValue};

/// Makes a repeated POST harmless.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How the header is written in errors and in the document.
pub(crate) const IDEMPOTENCY_KEY_NAME: &str = "Idempotency-Key";
/// W3C trace context, passed on.
const TRACE: [&str; 3] = ["traceparent", "tracestate", "baggage"];
/// After a body that is too large so much more is read and dropped, for so long,
/// because a client that is still sending would not see the refusal.
const DRAIN: usize = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A request whose fields are about to be read.
pub(crate) struct Input {
    /// The faults found so far.
    pub(crate) faults: Violations,
    id: String,
    query: Vec<(String, String)>,
    body: Bytes,
    key: String,
    sender: Sender,
}

/// What of a request goes along with the messages it causes.
pub(crate) struct Sender {
    /// The service that is asked.
    pub(super) service: &'static str,
    /// The caller's trace context, and who they are: the service asks for it too.
    pub(super) along: Vec<(&'static str, MetadataValue<Ascii>)>,
    names: Vec<(&'static str, &'static str)>,
}

impl FromRequest<Arc<App>> for Input {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        if !query::is_encoded(parts.uri.path()) {
            return Err(Error::MalformedPath);
        }
        let params = axum::RequestPartsExt::extract::<RawPathParams>(&mut parts).await;
        let params = params.map_err(|_| Error::MalformedPath)?;
        let id = params.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
        let mut faults = Violations::new();
        let query = query::pairs(parts.uri.query().unwrap_or_default(), &mut faults);
        let mut key = String::new();
        let body = if parts.method == Method::POST {
            key = idempotency_key(&parts.headers, &mut faults);
            read(&parts.headers, body, app).await?
        } else {
            Bytes::new()
        };
        let sender = Sender::new("", along(&parts.headers));
        Ok(Self { faults, id, query, body, key, sender })
    }
}

impl Input {
    /// The id in the path. One that can't exist is unknown like any other.
    pub(crate) fn id<T: FromStr>(&self, what: &'static str) -> Result<String, Error> {
        match self.id.parse::<T>() {
            Ok(_) => Ok(self.id.clone()),
            Err(_) => Err(Error::NotFound(what, self.id.chars().take(100).collect())),
        }
    }

    /// The value of the header `Idempotency-Key`, empty if there is none.
    pub(crate) fn key(&self) -> String {
        self.key.clone()
    }

    /// Reads query and body: `read` takes the fields it knows, the others are at
    /// fault. Whatever `read` returned is dropped if anything is.
    pub(crate) fn read<T>(
        mut self,
        service: &'static str,
        read: impl FnOnce(&mut Query, &mut Object<'_>, &mut Self) -> T,
    ) -> Result<(T, Sender), Error> {
        let body = std::mem::take(&mut self.body);
        let text = std::str::from_utf8(&body).map_err(|e| Error::MalformedJson(format!("not UTF-8: {e}")))?;
        let mut object = Object::body(text, &mut self.faults).map_err(Error::MalformedJson)?;
        let mut query = Query::new(std::mem::take(&mut self.query), &mut self.faults);
        let value = read(&mut query, &mut object, &mut self);
        query.finish(&mut self.faults);
        object.finish(&mut self.faults);
        self.sender.service = service;
        self.faults.finish(Some(value)).map(|value| (value, self.sender)).map_err(Error::Invalid)
    }

    /// Notes under which name the caller gave a field.
    pub(crate) fn rename(&mut self, field: &'static str, name: &'static str) {
        self.sender.names.push((field, name));
    }
}

impl Sender {
    /// For messages whose fields have the names that the caller knows.
    pub(super) fn new(service: &'static str, along: Vec<(&'static str, MetadataValue<Ascii>)>) -> Self {
        Self { service, along, names: Vec::new() }
    }

    /// The caller's name of a message's field.
    pub(super) fn json_name(&self, field: &str) -> String {
        if field == "request_id" {
            return IDEMPOTENCY_KEY_NAME.to_owned();
        }
        if field.ends_with(".currency_code") {
            return "currency".to_owned();
        }
        let renamed = self.names.iter().find(|(name, _)| *name == field);
        renamed.map_or(field, |(_, name)| name).to_owned()
    }
}

fn idempotency_key(headers: &HeaderMap, faults: &mut Violations) -> String {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return String::new() };
    if values.next().is_some() {
        faults.add(IDEMPOTENCY_KEY_NAME, "is given more than once");
        return String::new();
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    match faults.check(IDEMPOTENCY_KEY_NAME, RequestId::from_str(&text)) {
        Some(key) => key.as_str().to_owned(),
        None => String::new(),
    }
}

pub(super) fn trace(headers: &HeaderMap) -> Vec<(&'static str, MetadataValue<Ascii>)> {
    TRACE.into_iter().filter_map(|name| pair(headers, name)).collect()
}

fn along(headers: &HeaderMap) -> Vec<(&'static str, MetadataValue<Ascii>)> {
    let mut along = trace(headers);
    along.extend([LOCAL_ROLE, LOCAL_SUBJECT].into_iter().filter_map(|name| pair(headers, name)));
    along.extend(pair(headers, AUTHORIZATION.as_str()).map(|(name, mut token)| {
        token.set_sensitive(true);
        (name, token)
    }));
    along
}

fn pair(headers: &HeaderMap, name: &'static str) -> Option<(&'static str, MetadataValue<Ascii>)> {
    Some((name, MetadataValue::try_from(headers.get(name)?.as_bytes()).ok()?))
}

pub(super) async fn read(headers: &HeaderMap, body: Body, app: &App) -> Result<Bytes, Error> {
    let limit = app.limits.body_bytes;
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let mut body = body;
    let too_large = length.is_some_and(|n| usize::try_from(n).map_or(true, |n| n > limit));
    if too_large {
        drain(&mut body).await;
        return Err(Error::BodyTooLarge(limit));
    }
    let bytes = match timeout(app.limits.body_time(), collect(&mut body, limit)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(Error::BodyTooLarge(limit))) => {
            drain(&mut body).await;
            return Err(Error::BodyTooLarge(limit));
        }
        Ok(Err(error)) => return Err(error),
        Err(_) => return Err(Error::BodyTimeout),
    };
    if bytes.is_empty() || is_json(headers) || is_curl(headers, &bytes) {
        return Ok(bytes);
    }
    Err(Error::UnsupportedMediaType)
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Error::BodyBroken)?.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(Error::BodyTooLarge(limit));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

async fn drain(body: &mut Body) {
    let mut seen = 0;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DRAIN {
                break;
            }
        }
    };
    // Whether it came to its end does not matter.
    drop(timeout(DRAIN_TIME, rest).await);
}

/// A body without a type is taken for JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let coded = headers.get_all(CONTENT_ENCODING).iter().any(|v| !v.as_bytes().eq_ignore_ascii_case(b"identity"));
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let first = types.next();
    if coded || types.next().is_some() {
        return false;
    }
    let Some(first) = first else { return true };
    let Ok(text) = first.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let json = parts.next().is_some_and(|t| t.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            let value = value.trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        _ => true,
    })
}

/// `curl -d '{…}'` calls what it sends a form. It is taken as it was meant, unless a web
/// page sent it: a page may send forms to other sites without asking them.
fn is_curl(headers: &HeaderMap, body: &[u8]) -> bool {
    let form = headers.get(CONTENT_TYPE).is_some_and(|v| v == "application/x-www-form-urlencoded");
    form && headers.get(CONTENT_ENCODING).is_none()
        && headers.get(ORIGIN).is_none()
        && body.trim_ascii_start().starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn json_from_curl_is_taken_but_not_from_a_page() {
        let form = || (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let page = (ORIGIN, HeaderValue::from_static("https://example.org"));
        assert!(is_curl(&HeaderMap::from_iter([form()]), b" {}"));
        assert!(!is_curl(&HeaderMap::from_iter([form()]), b"a=b"));
        assert!(!is_curl(&HeaderMap::from_iter([form(), page]), b"{}"));
        assert!(!is_curl(&HeaderMap::new(), b"{}"));
    }

    #[test]
    fn only_json_in_utf8_is_json() {
        let json =
            |value: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]));
        assert!(is_json(&HeaderMap::new()));
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/json-patch+json",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!json(bad), "{bad}");
        }
    }

    #[test]
    fn a_bad_key_is_a_fault_of_the_header() {
        for bad in [HeaderValue::from_static(""), HeaderValue::from_bytes(&[0xff]).unwrap()] {
            let mut faults = Violations::new();
            idempotency_key(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, bad)]), &mut faults);
            assert_eq!(faults.iter().next().unwrap().field, "Idempotency-Key");
        }
    }
}
