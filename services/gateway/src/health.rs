//! Whether the gateway and the services behind it can work: `/healthz`,
//! `/readyz` and `grpc.health.v1`.

use crate::Error;
use crate::rest::App;
use crate::upstream::{Service, Upstreams};
use axum::Json;
use axum::extract::State;
use futures::future::join_all;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server};
use utoipa::ToSchema;

/// A service that does not answer for so long is not ready.
const ASK: Duration = Duration::from_secs(1);
/// How often a health stream looks again.
const WATCH: Duration = Duration::from_secs(2);

/// Says that the process is alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Says that everything is ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// `SERVING` for each service.
    #[schema(required, value_type = BTreeMap<String, String>)]
    services: BTreeMap<&'static str, &'static str>,
}

/// The process is alive
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "Alive", body = Alive)))]
pub(crate) async fn healthz() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// All services are ready
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "All services answer and serve", body = Ready)))]
pub(crate) async fn readyz(State(app): State<App>) -> Result<Json<Ready>, Error> {
    let services = app.upstreams.all();
    let asked = join_all(services.iter().map(|service| ask(service, service.main))).await;
    let found: Vec<_> = services.iter().zip(asked).map(|(s, status)| (s.name, status.as_str_name())).collect();
    if found.iter().any(|(_, status)| *status != ServingStatus::Serving.as_str_name()) {
        return Err(Error::NotReady(found));
    }
    Ok(Json(Ready { status: "ok", services: found.into_iter().collect() }))
}

/// What a service says about one of its gRPC services.
async fn ask(service: &Service, grpc_service: &str) -> ServingStatus {
    let mut client = HealthClient::new(service.unary.0.clone());
    let request = HealthCheckRequest { service: grpc_service.to_owned() };
    match tokio::time::timeout(ASK, client.check(request)).await {
        Ok(Ok(reply)) => reply.into_inner().status(),
        Ok(Err(refusal)) if refusal.code() == Code::NotFound => ServingStatus::ServiceUnknown,
        Ok(Err(_)) | Err(_) => ServingStatus::NotServing,
    }
}

/// The health service of the gateway's port: its own, and that of each service behind.
#[derive(Clone)]
pub(crate) struct Health {
    upstreams: Upstreams,
    closing: CancellationToken,
}

impl Health {
    pub(crate) fn new(upstreams: &Upstreams, closing: &CancellationToken) -> Self {
        Self { upstreams: upstreams.clone(), closing: closing.clone() }
    }

    /// `None` for a service nobody knows.
    async fn status(&self, grpc_service: &str) -> Option<ServingStatus> {
        if grpc_service.is_empty() {
            return Some(ServingStatus::Serving);
        }
        Some(ask(self.upstreams.owner(grpc_service)?, grpc_service).await)
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match self.status(&request.into_inner().service).await {
            Some(status) if status != ServingStatus::ServiceUnknown => {
                Ok(Response::new(HealthCheckResponse { status: status.into() }))
            }
            _ => Err(Status::not_found("unknown service")),
        }
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let name = request.into_inner().service;
        let end = self.closing.clone().cancelled_owned();
        let changes = stream::unfold((self.clone(), name, None), |(health, name, before)| async move {
            loop {
                let now = health.status(&name).await.unwrap_or(ServingStatus::ServiceUnknown);
                if before != Some(now) {
                    return Some((Ok(HealthCheckResponse { status: now.into() }), (health, name, Some(now))));
                }
                tokio::time::sleep(WATCH).await;
            }
        });
        Ok(Response::new(changes.take_until(end).boxed()))
    }
}
