//! Everything that speaks gRPC or gRPC-Web on the gateway's port.

use crate::Error;
use crate::config::Config;
use crate::forward::Forward;
use crate::health::Health;
use crate::upstream::Upstreams;
use access::{AccessLayer, Guard};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use service::malformed;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;
use tonic_web::GrpcWebLayer;
use tower::Layer as _;

/// The routes of all gRPC services, ours and those of the services behind.
pub(crate) fn router(
    upstreams: &Upstreams,
    config: &Config,
    guard: &Guard,
    closing: &CancellationToken,
) -> Result<Router, crate::StartError> {
    let mut router = Router::new();
    for (name, _) in contracts::services()? {
        if let Some(owner) = upstreams.owner(&name) {
            let forward = Forward::new(owner, config, closing);
            router = router.route_service(&format!("/{name}/{{method}}"), AccessLayer(guard.clone()).layer(forward));
        }
    }
    let health = HealthServer::new(Health::new(upstreams, closing));
    let own = Routes::new(reflection().build_v1()?).add_service(reflection().build_v1alpha()?).add_service(health);
    // The fallback of `own` would take over the fallback of the whole port.
    let own = own.prepare().into_axum_router().reset_fallback();
    let own = own.layer(map_response(|answer: Response| async { malformed::told(answer) }));
    Ok(router.merge(own).layer(GrpcWebLayer::new()).layer(from_fn(only_grpc)))
}

fn reflection() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(contracts::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Whether the caller expects the answer in gRPC's form.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/grpc"))
}

/// The answer to a gRPC call of a service that does not exist.
pub(crate) fn unknown(headers: &HeaderMap) -> Response {
    refuse(headers, Status::unimplemented("unknown service"))
}

/// A status as the answer to a call with these headers.
pub(crate) fn refuse(headers: &HeaderMap, status: Status) -> Response {
    let web = headers.get(CONTENT_TYPE).filter(|t| t.as_bytes().starts_with(b"application/grpc-web")).cloned();
    let mut response = status.into_http::<tonic::body::Body>().into_response();
    if let Some(content_type) = web {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

/// Refuses what is no gRPC with an answer that a person can read.
async fn only_grpc(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        let refusal = Error::Status(StatusCode::METHOD_NOT_ALLOWED, "a gRPC method takes only POST");
        let mut response = refusal.into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    if !is_grpc(request.headers()) {
        let what = "this is a gRPC method: send application/grpc or application/grpc-web";
        return Error::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE, what).into_response();
    }
    let web = request.headers()[CONTENT_TYPE].as_bytes().starts_with(b"application/grpc-web");
    if !web && request.version() < Version::HTTP_2 {
        let what = "gRPC needs HTTP/2; over HTTP/1.1 send application/grpc-web";
        return Error::Status(StatusCode::BAD_REQUEST, what).into_response();
    }
    next.run(request).await
}
