//! The gRPC server of a service, with health and reflection.

use crate::around::Layer;
use crate::cli::Role;
use crate::config::{Auth, Server};
use crate::deadline::Deadlines;
use crate::error::Error;
use crate::limits::Guards;
use crate::limits::callers::Callers;
use crate::limits::connection::TrackLayer;
use crate::limits::shed::Shed;
use crate::malformed;
use crate::metrics::rpc::Calls;
use crate::tls::{self, Acceptor, Incoming, Protocols};
use access::AccessLayer;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::MapResponseLayer;

/// Largest message taken or sent, in bytes; the gateway refuses larger bodies too.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;
const MAX_HEADER_LIST: u32 = 32 * 1024;
/// Of one connection; the gateway has one for all its watchers.
const MAX_STREAMS: u32 = 10_000;
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Binds the address of the configuration, if the role needs it.
///
/// # Errors
/// The address is taken or not ours, or others could reach it although nobody is asked who they are.
pub async fn bind(config: &Server, auth: &Auth, role: Role) -> Result<Option<TcpListener>, crate::config::Error> {
    if !role.serves_api() {
        return Ok(None);
    }
    auth.may_listen(config.listen)?;
    TcpListener::bind(config.listen).await.map(Some).map_err(|error| {
        crate::config::Error::Invalid(format!("server.listen: {} can't be used: {error}", config.listen))
    })
}

/// Adds health (for the process and for each named service) and both versions of reflection.
///
/// # Errors
/// A descriptor set that reflection can't read.
pub async fn with_health_and_reflection(routes: Routes, names: &[&str]) -> Result<Routes, Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    for name in names {
        reporter.set_service_status(*name, tonic_health::ServingStatus::Serving).await;
    }
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(contracts::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let only = |builder: tonic_reflection::server::Builder<'static>| {
        names.iter().fold(builder.with_service_name("grpc.health.v1.Health"), |b, name| b.with_service_name(*name))
    };
    let v1 = only(reflection()).build_v1().map_err(Error::internal)?;
    let v1alpha = only(reflection()).build_v1alpha().map_err(Error::internal)?;
    Ok(routes.add_service(health).add_service(v1).add_service(v1alpha))
}

/// Serves until `stop`, then finishes what is running, for at most the configured grace.
///
/// # Errors
/// Certificates that can't be used, a limit that makes no sense, or the listener failed.
pub async fn serve(
    config: &Server,
    tls: &tls::Config,
    listener: TcpListener,
    guards: Guards,
    routes: Routes,
    stop: CancellationToken,
) -> Result<(), Error> {
    let deadlines =
        Deadlines::new(Duration::from_millis(config.deadline_ms), Duration::from_millis(config.stream_deadline_ms));
    let callers = Callers::new(&guards.limits).map_err(Error::internal)?;
    tokio::spawn(stop.clone().run_until_cancelled_owned(callers.clone().forget()));
    let acceptor = Acceptor::new(tls, Protocols::Http2).map_err(Error::internal)?;
    let incoming = Incoming::new(listener, acceptor).through(guards.limits.door());
    let stopped = stop.clone();
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .max_concurrent_streams(Some(MAX_STREAMS))
        .layer(TrackLayer::default())
        .layer(Layer(Calls::new()?))
        .layer(Layer(deadlines))
        .layer(Layer(Shed::new(&guards)))
        .layer(AccessLayer(guards.access))
        .layer(Layer(callers))
        .layer(MapResponseLayer::new(malformed::told::<Body>))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async move { stopped.cancelled().await });
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(config.grace()).await;
    };
    tokio::select! {
        result = server => result.map_err(Error::internal),
        () = overdue => {
            tracing::warn!("stopped with calls still running");
            Ok(())
        }
    }
}
