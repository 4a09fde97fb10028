//! The port: routes, limits, connections, and an orderly end.

use crate::config::{Config, Limits};
use crate::console::People;
use crate::limits::{self, Gates};
use crate::rest::App;
use crate::upstream::Upstreams;
use crate::wire::Wire;
use crate::{Error, StartError, codec, console, error, grpc, health, metrics, openapi, rest};
use access::Guard;
use access::outbound::OwnToken;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::header::{HOST, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use service::limits::connection::TrackLayer;
use service::tls::{Acceptor, Protocols, Stream};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

/// What hyper itself takes, well above our own limits, because it refuses
/// without a body.
const HYPER_HEADER_BYTES: usize = 256 * 1024;
const HYPER_HEADERS: usize = 512;
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
/// The address is taken or not ours, or others could reach it although nobody is asked who they are.
pub async fn bind(config: &Config) -> Result<TcpListener, service::config::Error> {
    let listen = config.server.listen;
    config.auth.may_listen(listen)?;
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
    let acceptor = Acceptor::new(&config.tls, Protocols::Http)?;
    let server = connections(&config.limits);
    let door = limits::door(&config.limits);
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
        // Before the handshake: whoever does not go on with it counts too.
        let Some(room) = door.enter() else { continue };
        // Without it small replies wait for the client's acknowledgements.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay");
        }
        let (server, acceptor, watcher) = (server.clone(), acceptor.clone(), graceful.watcher());
        let (app, door) = (app.clone(), door.clone());
        tokio::spawn(async move {
            let stream = match acceptor {
                None => Stream::Plain(stream),
                Some(acceptor) => match acceptor.accept(stream).await {
                    Some(stream) => stream,
                    None => return,
                },
            };
            let stream = door.admit(stream, room);
            let service = TowerToHyperService::new(TrackLayer::of(stream.connection()).layer(app));
            let connection = server.serve_connection(Wire::new(stream), service).into_owned();
            if let Err(error) = watcher.watch(connection).await {
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

pub(crate) type Server = auto::Builder<TokioExecutor>;

pub(crate) fn connections(limits: &Limits) -> Server {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms))
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
pub(crate) fn app(config: &Config, stop: &CancellationToken) -> Result<Router, StartError> {
    let guard = Guard::new(&config.auth, stop.clone()).map_err(service::config::Error::from)?;
    let upstreams = Upstreams::new(config, OwnToken::of_file(&config.auth.token_file, stop.clone()))?;
    let app = App::new(upstreams.clone(), config);
    let probes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz).with_state(app.clone()));
    let app = Router::new()
        .route("/", get(async || Redirect::temporary(if console::is_here() { "/console/" } else { "/docs" })))
        .merge(probes)
        .merge(openapi::routes()?)
        .merge(rest::router(app, &guard))
        .merge(grpc::router(&upstreams, config, &guard, stop)?)
        .fallback(unknown);
    let gates = Gates::new(&config.limits);
    // Not for the pages that may call the rest.
    let people = console::people(config, &guard)?;
    let console = guarded(console::router(config, people.clone()), config.limits, gates.clone());
    let app = match people {
        Some(people) => app.layer(from_fn_with_state(people, People::lend)),
        None => app,
    };
    let mut app = guarded(app, config.limits, gates.clone()).layer(cors(&config.cors.origins)?).merge(console);
    if let Some(ring) = service::config::keys(&config.encryption)? {
        let codec = guarded(codec::router(ring, &config.limits, guard), config.limits, gates);
        app = app.merge(codec::shared(codec, &config.codec)?);
    }
    Ok(app.layer(from_fn(metrics::measure)))
}

/// What every request goes through.
fn guarded(router: Router, limits: Limits, gates: Gates) -> Router {
    router
        .layer(from_fn_with_state(limits, headers))
        .layer(from_fn_with_state(gates, limits::shed))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(map_response(|response: Response| async { error::uniform(response) }))
}

async fn unknown(request: Request) -> Response {
    if grpc::is_grpc(request.headers()) {
        return grpc::unknown(request.headers());
    }
    Error::Status(StatusCode::NOT_FOUND, "there is nothing at this path").into_response()
}

/// Refuses headers above the limit, and a request whose host is in doubt, with a body that says so.
async fn headers(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    if request.version() == Version::HTTP_11 && request.headers().get_all(HOST).iter().count() != 1 {
        return Error::Status(StatusCode::BAD_REQUEST, "a request names its host exactly once").into_response();
    }
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
        AllowOrigin::list(parsed("cors.origins", origins)?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(3_600)))
}

/// The origins of a setting.
pub(crate) fn parsed(setting: &str, origins: &[String]) -> Result<Vec<HeaderValue>, service::config::Error> {
    let origin = |text: &String| {
        HeaderValue::from_str(text)
            .map_err(|_| service::config::Error::Invalid(format!("{setting}: {text:?} is not an origin")))
    };
    origins.iter().map(origin).collect()
}
