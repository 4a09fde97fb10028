//! The requests that the gateway answers: how many, how they ended, how long they took; each is a span.

use ::metrics::{SharedString, counter, histogram};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use service::telemetry::spans::Served;
use std::time::Instant;

/// Whatever is not a route or a usual method: their number must not depend on who calls.
const OTHER: &str = "other";
/// Asked all the time, and nobody's business.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Counts, times and traces a request, up to the beginning of the reply.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = name(request.method());
    let route = match request.extensions().get::<MatchedPath>() {
        Some(route) => SharedString::from_owned(route.as_str().to_owned()),
        None => SharedString::const_str(OTHER),
    };
    let served = if PROBES.contains(&&*route) {
        Served::untraced()
    } else {
        Served::http(request.method(), &route, request.uri().path(), request.headers())
    };
    let response = served.during(next.run(request)).await;
    served.http_answered(response.status());
    let status = SharedString::from_owned(response.status().as_str().to_owned());
    counter!("oms_http_requests_total", "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!("oms_http_duration_seconds", "method" => method, "route" => route).record(began.elapsed());
    response
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
