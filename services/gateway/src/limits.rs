//! What is refused as too much, before it reaches a service.

use crate::config::Limits;
use crate::{Error, grpc};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method};
use service::limits::connection::{Door, Patience};
use service::limits::{Class, Gate, Held, Reason, Refused, is_watch};
use std::time::Duration;

/// What would add to what is to be done; any other POST decides on something that is there.
const NEW: [&str; 4] = ["/orders", "/payments", "/payments/{payment_id}/refund", "/inventory/reserve"];
/// Never refused.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// When to come again.
const AGAIN: Duration = Duration::from_secs(1);

/// At most so many requests and streams at one time.
#[derive(Clone)]
pub(crate) struct Gates {
    requests: Gate,
    streams: Gate,
}

impl Gates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { requests: Gate::new(limits.in_flight), streams: Gate::new(limits.watches) }
    }
}

/// Lets in so many connections, and bears with each for a while.
pub(crate) fn door(limits: &Limits) -> Door {
    let patience = Patience {
        first_request: Duration::from_millis(limits.header_ms),
        idle: Duration::from_millis(limits.idle_ms),
        stall: Duration::from_millis(limits.stall_ms),
    };
    Door::new(limits.connections, patience)
}

/// Refuses what finds too many inside.
pub(crate) async fn shed(State(gates): State<Gates>, request: Request, next: Next) -> Response {
    if is_watch(request.uri().path()) {
        let Some(inside) = gates.streams.enter(Class::Decision) else {
            return refuse(request.headers(), Reason::TooManyWatches);
        };
        return next.run(request).await.map(|body| Body::new(Held::new(body, inside)));
    }
    let Some(_inside) = gates.requests.enter(class(&request)) else {
        return refuse(request.headers(), Reason::Overloaded);
    };
    next.run(request).await
}

/// The same classes as in the services, of REST too.
fn class(request: &Request) -> Class {
    let path = request.uri().path();
    if path.starts_with("/oms.") || path.starts_with("/grpc.") {
        return Class::of_path(path);
    }
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match *request.method() {
        _ if PROBES.contains(&route) => Class::Probe,
        Method::POST if NEW.contains(&route) => Class::New,
        Method::POST => Class::Decision,
        _ => Class::Read,
    }
}

fn refuse(headers: &HeaderMap, reason: Reason) -> Response {
    let status = reason.status(AGAIN);
    let mut response = if grpc::is_grpc(headers) {
        grpc::refuse(headers, status)
    } else {
        Error::Refused(Box::new(status)).into_response()
    };
    response.extensions_mut().insert(Refused(reason));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_work_is_known_by_its_routes() {
        let document = serde_json::to_value(crate::openapi::document()).unwrap();
        for route in NEW {
            assert!(document["paths"][route]["post"].is_object(), "{route}");
        }
    }
}
