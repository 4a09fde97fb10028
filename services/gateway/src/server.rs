//! The port: routes, limits, connections, and an orderly end.

use crate::config::{Config, Limits};
use crate::rest::App;
use crate::upstream::Upstreams;
use crate::wire::Wire;
use crate::{Error, StartError, error, grpc, health, metrics, openapi, rest};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

/// What hyper itself takes, well above our own limits, because it refuses
/// without a body.
const HYPER_HEADER_BYTES: usize = 256 * 1024;
const HYPER_HEADERS: usize = 512;
/// Headers must be there within this time.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// A client that went silent is let go after these two.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(10);
/// Pause when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What pages of other origins may read.
const EXPOSED: [HeaderName; 5] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    HeaderName::from_static("idempotent-replayed"),
    RETRY_AFTER,
];

/// Takes the port of the configuration.
///
/// # Errors
/// The address is taken or not ours.
pub async fn bind(config: &Config) -> Result<TcpListener, service::config::Error> {
    let listen = config.server.listen;
    TcpListener::bind(listen)
        .await
        .map_err(|error| service::config::Error::Invalid(format!("server.listen: {listen} can't be used: {error}")))
}

/// Serves until `stop`, then finishes what is running.
///
/// # Errors
/// A configuration that can't be used.
pub async fn serve(listener: TcpListener, config: Config, stop: CancellationToken) -> Result<(), StartError> {
    let app = app(&config, &stop)?;
    let server = connections(&config.limits);
    let graceful = GracefulShutdown::new();
    tracing::info!(address = ?listener.local_addr().ok(), "gateway ready");
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        // Without it small replies wait for the client's acknowledgements.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay");
        }
        let service = TowerToHyperService::new(app.clone());
        let watched = graceful.watch(server.serve_connection(Wire::new(stream), service).into_owned());
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(error, "connection");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(config.server.grace(), graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still running at the end of the grace time");
    }
    Ok(())
}

type Server = auto::Builder<TokioExecutor>;

fn connections(limits: &Limits) -> Server {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HYPER_HEADER_BYTES)
        .max_headers(HYPER_HEADERS);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(HYPER_HEADER_BYTES).unwrap_or(u32::MAX));
    server
}

/// The routes in their layers, outermost last.
fn app(config: &Config, stop: &CancellationToken) -> Result<Router, StartError> {
    let upstreams = Upstreams::new(config)?;
    let app = App::new(upstreams.clone(), config);
    let probes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz).with_state(app.clone()));
    Ok(Router::new()
        .route("/", get(|| async { Redirect::temporary("/docs") }))
        .merge(probes)
        .merge(openapi::routes()?)
        .merge(rest::router(app))
        .merge(grpc::router(&upstreams, config, stop)?)
        .fallback(unknown)
        .layer(from_fn_with_state(config.limits, headers))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(map_response(|response: Response| async { error::uniform(response) }))
        .layer(cors(&config.cors.origins)?)
        .layer(from_fn(metrics::measure)))
}

async fn unknown(request: Request) -> Response {
    if grpc::is_grpc(request.headers()) {
        return grpc::unknown(request.headers());
    }
    Error::Status(StatusCode::NOT_FOUND, "there is nothing at this path").into_response()
}

/// Refuses headers above the limit, with a body that says so.
async fn headers(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let line = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if line > limits.header_bytes {
        return Error::Status(StatusCode::URI_TOO_LONG, "the path and query are too long").into_response();
    }
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits.headers || bytes + line > limits.header_bytes {
        return Error::Status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large").into_response();
    }
    next.run(request).await
}

fn cors(origins: &[String]) -> Result<CorsLayer, StartError> {
    let allowed = if origins.iter().any(|o| o == "*") {
        AllowOrigin::any()
    } else {
        let parsed: Result<Vec<HeaderValue>, _> = origins.iter().map(|o| HeaderValue::from_str(o)).collect();
        AllowOrigin::list(parsed.map_err(|_| {
            StartError::Config(service::config::Error::Invalid("cors.origins: not an origin".to_owned()))
        })?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(3_600)))
}
