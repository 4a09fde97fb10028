//! Temporal's remote codec protocol: its web page and command line send payloads as they found them in a history, and
//! get them as they were before they were encrypted. Only there while there are keys.

use crate::Error;
use crate::config::{Codec as Config, Limits};
use crate::server::parsed;
use access::{Guard, Role};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use privacy::KeyRing;
use serde::{Deserialize, Serialize};
use service::codec::{Codec, Payload};
use std::collections::BTreeMap;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Where the payloads are from.
const NAMESPACE: HeaderName = HeaderName::from_static("x-namespace");

/// Payloads in protobuf's JSON.
#[derive(Debug, Deserialize, Serialize)]
struct Payloads {
    payloads: Vec<Coded>,
}

/// One payload; bytes are base64.
#[derive(Debug, Deserialize, Serialize)]
struct Coded {
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    data: String,
}

/// `/codec/encode` and `/codec/decode`, for auditors.
pub(crate) fn router(ring: KeyRing, limits: &Limits, guard: Guard) -> Router {
    Router::new()
        .route("/codec/encode", post(encode))
        .route("/codec/decode", post(decode))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .with_state(ring)
        .layer(from_fn_with_state(guard, auditors))
}

async fn auditors(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.admit_role(request.headers(), Role::Auditor).await {
        Ok(()) => next.run(request).await,
        Err(refused) => Error::Refused(Box::new(refused.into())).into_response(),
    }
}

/// Lets only Temporal's page call, with the credentials of whoever looks at it.
pub(crate) fn shared(router: Router, config: &Config) -> Result<Router, service::config::Error> {
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(parsed("codec.origins", &config.origins)?))
        .allow_methods([Method::POST])
        .allow_headers([CONTENT_TYPE, AUTHORIZATION, NAMESPACE])
        .allow_credentials(true)
        .max_age(Duration::from_secs(3_600));
    Ok(router.layer(layer))
}

async fn encode(State(ring): State<KeyRing>, headers: HeaderMap, body: Body) -> Result<Json<Payloads>, Error> {
    recode(ring, &headers, body, |codec, payload| {
        codec.encrypt(payload).map_err(|_| Error::Reply("a payload can't be encrypted"))
    })
}

async fn decode(State(ring): State<KeyRing>, headers: HeaderMap, body: Body) -> Result<Json<Payloads>, Error> {
    let payloads = recode(ring, &headers, body, |codec, payload| {
        codec.decrypt(payload).map_err(|error| match error {
            privacy::Error::UnknownKey(_) => {
                Error::Status(StatusCode::BAD_REQUEST, "a payload is encrypted with a key that is not configured")
            }
            _ => Error::Status(StatusCode::BAD_REQUEST, "a payload was changed, or is of another namespace"),
        })
    })?;
    tracing::info!(payloads = payloads.payloads.len(), "payloads decrypted for somebody");
    Ok(payloads)
}

type Body = Result<Bytes, BytesRejection>;

fn recode(
    ring: KeyRing,
    headers: &HeaderMap,
    body: Body,
    one: impl Fn(&Codec, Payload) -> Result<Payload, Error>,
) -> Result<Json<Payloads>, Error> {
    let namespace = headers.get(NAMESPACE).and_then(|value| value.to_str().ok());
    let namespace = namespace.ok_or(Error::Status(StatusCode::BAD_REQUEST, "the header X-Namespace is missing"))?;
    let body = body.map_err(|refused| match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::Status(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        _ => Error::BodyBroken,
    })?;
    let payloads: Payloads = serde_json::from_slice(&body).map_err(|error| Error::MalformedJson(error.to_string()))?;
    let codec = Codec::new(ring, namespace);
    let payloads = payloads.payloads.into_iter().map(|coded| Ok(one(&codec, coded.read()?)?.into()));
    Ok(Json(Payloads { payloads: payloads.collect::<Result<_, Error>>()? }))
}

impl Coded {
    fn read(self) -> Result<Payload, Error> {
        let bytes = |text: String| {
            let malformed = |_| Error::MalformedJson("metadata and data must be base64".to_owned());
            STANDARD.decode(text).map_err(malformed)
        };
        let metadata = self.metadata.into_iter().map(|(name, value)| Ok((name, bytes(value)?)));
        Ok(Payload { metadata: metadata.collect::<Result<_, Error>>()?, data: bytes(self.data)?, ..Default::default() })
    }
}

impl From<Payload> for Coded {
    fn from(payload: Payload) -> Self {
        let metadata = payload.metadata.into_iter().map(|(name, value)| (name, STANDARD.encode(value)));
        Self { metadata: metadata.collect(), data: STANDARD.encode(payload.data) }
    }
}
