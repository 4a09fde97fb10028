//! The gateway's port in this thread, in front of services that parse what they get and carry out nothing.

use crate::requests;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use gateway::Config;
use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tonic::Status;

/// Far longer than any answer here needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// So large are the messages that the services look at.
const MESSAGE: usize = 16 * 1024 * 1024;
const FRAME: usize = 5;

/// The port, and what it runs on.
pub(crate) struct Port {
    runtime: Runtime,
    pub(crate) app: Router,
    pub(crate) config: Config,
}

thread_local! {
    static PORT: RefCell<Option<Port>> = const { RefCell::new(None) };
}

/// Does something with this thread's port. It must end soon.
pub(crate) fn with<F: Future>(work: impl FnOnce(&Port) -> F) -> F::Output {
    PORT.with_borrow_mut(|port| {
        let port = port.get_or_insert_with(Port::open);
        let work = work(port);
        port.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, work).await })
            .unwrap_or_else(|_| panic!("it hangs"))
    })
}

impl Port {
    fn open() -> Self {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { panic!("no runtime") };
        let opened = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address: SocketAddr = listener.local_addr()?;
            let services = Router::new().fallback(serve);
            tokio::spawn(async move { axum::serve(listener, services).await });
            Ok::<_, std::io::Error>(address)
        });
        let (Ok(address), Ok(mut config)) = (opened, Config::load(None)) else { panic!("no port") };
        for upstream in [&mut config.orders, &mut config.payments, &mut config.inventory] {
            upstream.address = format!("http://{address}");
        }
        // Channels belong to the runtime they are made in.
        let app = runtime.block_on(async { gateway::fuzzing::app(&config) });
        let Ok(app) = app else { panic!("no app") };
        Self { runtime, app, config }
    }
}

/// A call with one message. It is refused as its service would refuse it, or put off.
async fn serve(request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let body = to_bytes(request.into_body(), MESSAGE + FRAME).await.unwrap_or_default();
    let message = body.get(FRAME..).unwrap_or_default();
    let refusal = requests::of(service, method, message);
    let status = refusal.unwrap_or_else(|| Status::unavailable("taken, but not carried out"));
    status.into_http::<Body>().into_response()
}
