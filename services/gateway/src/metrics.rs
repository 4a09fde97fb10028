//! The requests that the gateway answers: how many, how they ended, how long they took; each is a span.

use ::metrics::{SharedString, counter, histogram};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use service::limits::{Refused, told_after};
use service::telemetry::spans::Served;
use std::time::Instant;
use tonic::Status;

/// Whatever is not a route or a usual method: their number must not depend on who calls.
const OTHER: &str = "other";
/// As a gRPC code.
const RESOURCE_EXHAUSTED: &str = "8";
/// Asked all the time, and nobody's business.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// What is in its place is in no trace.
const PERSONAL: &str = "{customer_id}";

/// Counts, times and traces a request, up to the beginning of the reply.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = name(request.method());
    let route = match request.extensions().get::<MatchedPath>() {
        Some(route) => SharedString::from_owned(route.as_str().to_owned()),
        None => SharedString::const_str(OTHER),
    };
    let path = traced(&route, request.uri().path());
    let served = if PROBES.contains(&&*route) {
        Served::untraced()
    } else {
        Served::http(request.method(), &route, path, request.headers())
    };
    let response = served.during(next.run(request)).await;
    served.http_answered(response.status());
    let status = SharedString::from_owned(response.status().as_str().to_owned());
    if let Some(Refused(reason)) = response.extensions().get() {
        reason.count(route.clone());
    }
    // A service's own refusals too, which it counts itself.
    if is_refused(&response) {
        told_after(route.clone(), began.elapsed());
    }
    counter!("oms_http_requests_total", "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!("oms_http_duration_seconds", "method" => method, "route" => route).record(began.elapsed());
    response
}

fn is_refused(response: &Response) -> bool {
    response.status() == StatusCode::TOO_MANY_REQUESTS
        || response.headers().get(Status::GRPC_STATUS).is_some_and(|code| code == RESOURCE_EXHAUSTED)
}

/// The path as a trace shows it.
fn traced<'a>(route: &'a str, path: &'a str) -> &'a str {
    if route.contains(PERSONAL) { route } else { path }
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_id_is_in_no_trace() {
        assert_eq!(
            traced("/customers/{customer_id}/erase", "/customers/CUST123/erase"),
            "/customers/{customer_id}/erase"
        );
        assert_eq!(traced("/orders/{order_id}", "/orders/ord_1"), "/orders/ord_1");
        let document = crate::openapi::document();
        let named = document.paths.paths.keys().filter(|path| path.contains("customer"));
        assert!(named.into_iter().all(|path| !path.contains('{') || path.contains(PERSONAL)));
    }
}
