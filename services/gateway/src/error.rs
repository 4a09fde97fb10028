//! The only way from a fault to a REST reply.
//!
//! [`Error`] has one variant per kind of fault the gateway itself can find;
//! what a service refused comes as [`Error::Refused`] and is mapped here, in one
//! place, from gRPC to HTTP. Every reply has the body
//! `{"error":{"code","message","details"}}`.

use axum::response::{IntoResponse, Response};
use contracts::Violations;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Why a request has no good reply.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields at fault.
    #[error("the request has invalid fields")]
    Invalid(Violations),
    /// A body that is not JSON, or not UTF-8.
    #[error("the body is not valid JSON")]
    MalformedJson(String),
    /// A path with a broken percent-encoding.
    #[error("the path is not valid UTF-8 in percent-encoding")]
    MalformedPath,
    /// A path that names nothing.
    #[error("there is no {0} `{1}`")]
    NotFound(&'static str, String),
    /// A body in another form than JSON.
    #[error("a body must be application/json in UTF-8 without content coding")]
    UnsupportedMediaType,
    /// A body above the limit.
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(usize),
    /// A body that took too long to arrive.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// A body that broke off.
    #[error("the body could not be read to its end")]
    BodyBroken,
    /// A service's refusal, its field names already turned into those of the request.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
    /// A service that can't be reached.
    #[error("the {0} service can't be reached; try again")]
    Unreachable(&'static str),
    /// A service that is not ready, with what each one says.
    #[error("not all services are ready")]
    NotReady(Vec<(&'static str, &'static str)>),
    /// No answer within the deadline. Whether the request took effect is not known.
    #[error("no answer within the deadline")]
    Deadline,
    /// A service's reply makes no sense. A mistake of ours.
    #[error("internal error")]
    Reply(&'static str),
    /// Any other status, with the words HTTP has for it.
    #[error("{1}")]
    Status(StatusCode, &'static str),
}

/// What the caller gets to read.
#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    details: Vec<Value>,
}

impl Error {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::MalformedJson(_) | Self::MalformedPath | Self::BodyBroken => {
                StatusCode::BAD_REQUEST
            }
            Self::NotFound(..) => StatusCode::NOT_FOUND,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(status) => http_status(status.code()),
            Self::Unreachable(_) | Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Deadline => StatusCode::GATEWAY_TIMEOUT,
            Self::Reply(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Status(status, _) => *status,
        }
    }

    fn code(&self, refusal: &ErrorDetails) -> String {
        match self {
            Self::Invalid(_) => "INVALID_FIELDS".into(),
            Self::MalformedJson(_) => "MALFORMED_JSON".into(),
            Self::MalformedPath => "MALFORMED_PATH".into(),
            Self::BodyBroken => "MALFORMED_BODY".into(),
            Self::Refused(status) => match refusal.error_info() {
                Some(info) if !info.reason.is_empty() => info.reason.clone(),
                _ => code_name(status.code()).into(),
            },
            Self::Unreachable(_) | Self::NotReady(_) => code_name(Code::Unavailable).into(),
            Self::Deadline => code_name(Code::DeadlineExceeded).into(),
            Self::Reply(_) => code_name(Code::Internal).into(),
            Self::NotFound(..)
            | Self::UnsupportedMediaType
            | Self::BodyTooLarge(_)
            | Self::BodyTimeout
            | Self::Status(..) => status_name(self.status()),
        }
    }

    fn details(&self, refusal: &ErrorDetails) -> Vec<Value> {
        match self {
            Self::Invalid(violations) => {
                violations.iter().map(|v| json!({ "field": v.field, "description": v.description })).collect()
            }
            Self::MalformedJson(what) => vec![json!({ "field": "body", "description": what })],
            Self::Refused(_) => refused_details(refusal),
            Self::NotReady(services) => {
                services.iter().map(|(service, status)| json!({ "service": service, "status": status })).collect()
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self, refusal: &ErrorDetails) -> Option<Duration> {
        let asked = refusal.retry_info().and_then(|info| info.retry_delay);
        let usual = matches!(self.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        asked.or(usual.then_some(Duration::from_secs(1)))
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let refusal = match &self {
            Self::Refused(status) => status.get_error_details(),
            _ => ErrorDetails::new(),
        };
        let status = self.status();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = ?self, "internal error");
        }
        let hidden = status == StatusCode::INTERNAL_SERVER_ERROR;
        let message = if hidden { "internal error".to_owned() } else { self.to_string() };
        let mut response = render(status, &self.code(&refusal), &message, self.details(&refusal));
        if let Some(delay) = self.retry_after(&refusal) {
            let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn render(status: StatusCode, code: &str, message: &str, details: Vec<Value>) -> Response {
    (status, axum::Json(Body { error: Inner { code, message, details } })).into_response()
}

/// A reply for a person's eyes, which is left as it is.
#[derive(Clone, Copy)]
pub(crate) struct AsItIs;

/// Gives a reply of the framework (405, 404 of a static file, a rejection) the
/// body all errors have. Its headers, such as `Allow`, are kept.
pub(crate) fn uniform(response: Response) -> Response {
    let status = response.status();
    let ours = response.extensions().get::<AsItIs>().is_some();
    let ours =
        ours || response.headers().get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let message = status.canonical_reason().unwrap_or("error").to_lowercase();
    let (body, uniform) = {
        let rendered = render(status, &status_name(status), &message, Vec::new());
        let (parts, body) = rendered.into_parts();
        (body, parts.headers)
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(uniform);
    Response::from_parts(parts, body)
}

/// The body of an error that is written without a response.
pub(crate) fn plain(status: StatusCode, message: &str) -> String {
    let code = status_name(status);
    json!({ "error": { "code": code, "message": message, "details": [] } }).to_string()
}

/// What a handler that panicked answers.
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a text"), "a handler panicked");
    Error::Reply("a handler panicked").into_response()
}

/// gRPC to HTTP, the only mapping there is.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted | Code::FailedPrecondition => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        // A service that cancels by itself is going away.
        Code::Unavailable | Code::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// The name of a gRPC code as in the specification.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// `405 Method Not Allowed` → `METHOD_NOT_ALLOWED`.
fn status_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("error").to_uppercase().replace([' ', '-'], "_")
}

fn refused_details(refusal: &ErrorDetails) -> Vec<Value> {
    let mut details = Vec::new();
    if let Some(bad) = refusal.bad_request() {
        details.extend(bad.field_violations.iter().map(|v| json!({ "field": v.field, "description": v.description })));
    }
    let mut shortages = None;
    if let Some(info) = refusal.error_info() {
        let mut facts = Map::new();
        for (key, value) in &info.metadata {
            match shortages_of(key, value) {
                Some(list) => shortages = Some(list),
                None => drop(facts.insert(key.clone(), Value::from(value.clone()))),
            }
        }
        if !facts.is_empty() {
            details.push(Value::Object(facts));
        }
    }
    match (shortages, refusal.precondition_failure()) {
        (Some(shortages), _) => details.extend(shortages),
        // For people only, the same that the shortages say for programs.
        (None, Some(failure)) => details.extend(
            failure
                .violations
                .iter()
                .map(|v| json!({ "type": v.r#type, "subject": v.subject, "description": v.description })),
        ),
        (None, None) => {}
    }
    details
}

/// The short lines, which inventory puts into the metadata as JSON.
fn shortages_of(key: &str, value: &str) -> Option<Vec<Value>> {
    let mut shortages: Vec<Map<String, Value>> = match key {
        "shortages" => serde_json::from_str(value).ok()?,
        _ => return None,
    };
    for shortage in &mut shortages {
        if let Some(location) = shortage.get_mut("location").filter(|l| *l == "") {
            *location = Value::Null;
        }
    }
    Some(shortages.into_iter().map(Value::Object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    async fn read(error: Error) -> (StatusCode, Option<String>, Value) {
        let response = error.into_response();
        let retry = response.headers().get(RETRY_AFTER).map(|v| v.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, retry, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_reason_and_details() {
        let mut details = ErrorDetails::new();
        details.set_error_info("ORDER_STATE", "oms", [("state".to_owned(), "APPROVED".to_owned())]);
        let status = Status::with_error_details(Code::FailedPrecondition, "the order is APPROVED", details);
        let (status, retry, body) = read(Error::Refused(Box::new(status))).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(retry, None);
        assert_eq!(
            body,
            json!({"error": {"code": "ORDER_STATE", "message": "the order is APPROVED", "details": [{"state": "APPROVED"}]}})
        );
    }

    #[tokio::test]
    async fn overload_says_when_to_come_back() {
        let mut details = ErrorDetails::new();
        details.set_retry_info(Some(Duration::from_millis(4_200)));
        let status = Status::with_error_details(Code::ResourceExhausted, "later", details);
        let (status, retry, body) = read(Error::Refused(Box::new(status))).await;
        assert_eq!((status, retry.as_deref()), (StatusCode::TOO_MANY_REQUESTS, Some("5")));
        assert_eq!(body["error"]["code"], "RESOURCE_EXHAUSTED");
        let (status, retry, _) = read(Error::Unreachable("orders")).await;
        assert_eq!((status, retry.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    }

    #[tokio::test]
    async fn the_cause_of_an_internal_error_is_not_told() {
        let (status, _, body) = read(Error::Refused(Box::new(Status::internal("password=hunter2")))).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn replies_of_the_framework_get_the_same_body() {
        let plain = (StatusCode::METHOD_NOT_ALLOWED, [("allow", "GET,HEAD")], "no").into_response();
        let response = uniform(plain);
        assert_eq!(response.headers()["allow"], "GET,HEAD");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "METHOD_NOT_ALLOWED");
    }
}
