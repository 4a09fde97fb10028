//! A request through the whole gateway to the parsers of the services: path, query, headers and body.

use crate::leak;
use crate::port;
use axum::body::{Body, to_bytes};
use http::{Method, Request, StatusCode, Version};
use serde_json::Value;
use tower::ServiceExt as _;

/// All answers that a request may get from services that carry out nothing.
const STATUSES: [u16; 15] = [200, 307, 400, 404, 405, 408, 409, 413, 414, 415, 422, 429, 431, 503, 504];
/// Larger than any answer.
const ANSWER: usize = 64 * 1024 * 1024;

/// A request as HTTP/1 writes it, but for the version: `POST /orders?a=b`, headers, an empty line, a body.
pub(crate) fn target(data: &[u8]) {
    let Some(request) = request(data) else { return };
    let method = request.method().clone();
    let answer = port::with(|port| {
        let app = port.app.clone();
        async move {
            let Ok(response) = app.oneshot(request).await;
            let (parts, body) = response.into_parts();
            (parts, to_bytes(body, ANSWER).await)
        }
    });
    let (parts, Ok(body)) = answer else { panic!("an answer that can't be read") };
    assert!(STATUSES.contains(&parts.status.as_u16()), "{}", parts.status);
    assert!(parts.status != StatusCode::METHOD_NOT_ALLOWED || parts.headers.contains_key("allow"), "no allow");
    // Trailers of gRPC-Web are bytes too.
    let text = String::from_utf8_lossy(&body);
    if !(parts.status.is_client_error() || parts.status.is_server_error()) || method == Method::HEAD {
        return;
    }
    assert_eq!(leak(&text, &String::from_utf8_lossy(data)), None, "{text}");
    is_an_error(&text);
}

/// The form that every error has, with its fields named.
fn is_an_error(text: &str) {
    let Ok(body) = serde_json::from_str::<Value>(text) else { panic!("no JSON: {text}") };
    let error = &body["error"];
    let (Some(code), Some(details)) = (error["code"].as_str(), error["details"].as_array()) else { panic!("{text}") };
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{text}");
    if code == "INVALID_FIELDS" {
        let named = |detail: &Value| detail["field"].as_str().is_some_and(|field| !field.is_empty());
        assert!(!details.is_empty() && details.iter().all(named), "{text}");
    }
}

fn request(data: &[u8]) -> Option<Request<Body>> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |at| (&data[..at], &data[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|byte| *byte == b' ')?;
    let method = Method::from_bytes(&first[..space]).ok()?;
    // A preflight, which says nothing of ours, and a tunnel, which has no path.
    if method == Method::OPTIONS || method == Method::CONNECT {
        return None;
    }
    // Of HTTP/2, which needs no header for the host.
    let mut request = Request::builder().version(Version::HTTP_2).method(method).uri(&first[space + 1..]);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(Body::from(body.to_vec())).ok()
}
