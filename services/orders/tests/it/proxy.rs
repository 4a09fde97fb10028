//! Stands between the orders service and another, and spoils one call when asked to.

use axum::body::Body;
use http::{Request, Response};
use std::sync::{Arc, Mutex};
use testkit::Running;
use tokio::sync::Notify;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tower::ServiceExt as _;

/// What happens to a call.
#[derive(Clone, Copy, Debug)]
pub enum Spoil {
    /// It is refused for good.
    Refuse,
    /// It never arrives.
    LoseRequest,
    /// It takes effect, and nobody hears of it.
    LoseReply,
    /// It waits before it takes effect.
    HoldBefore,
    /// It waits after it took effect.
    HoldAfter,
}

#[derive(Clone)]
struct Path {
    to: Channel,
    plan: Arc<Mutex<Option<(&'static str, Spoil)>>>,
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

pub struct Proxy {
    pub running: Running,
    path: Path,
}

impl Proxy {
    pub async fn to(service: &Running) -> Self {
        let to = Endpoint::from_shared(service.url()).unwrap().connect_lazy();
        let path = Path { to, plan: Arc::default(), reached: Arc::default(), go_on: Arc::default() };
        let route = path.clone();
        let app = axum::Router::new().fallback(move |request: Request<Body>| route.clone().pass(request));
        let running = Running::start(|listener, stop| async move {
            axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await
        })
        .await;
        Self { running, path }
    }

    /// The next call of this method, and only that, is spoiled.
    pub fn spoil(&self, method: &'static str, how: Spoil) {
        *self.path.plan.lock().unwrap() = Some((method, how));
    }

    /// Whether nothing waits to be spoiled.
    pub fn is_done(&self) -> bool {
        self.path.plan.lock().unwrap().is_none()
    }

    /// Until a call is held.
    pub async fn reached(&self) {
        tokio::time::timeout(testkit::PATIENCE, self.path.reached.notified()).await.unwrap();
    }

    /// Lets the call that is held go on.
    pub fn go_on(&self) {
        self.path.go_on.notify_one();
    }
}

impl Path {
    async fn pass(self, request: Request<Body>) -> Response<Body> {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let spoil = {
            let mut plan = self.plan.lock().unwrap();
            plan.take_if(|(planned, _)| *planned == method).map(|(_, spoil)| spoil)
        };
        match spoil {
            Some(Spoil::Refuse) => return answer(Status::failed_precondition("refused by the test")),
            Some(Spoil::LoseRequest) => return answer(Status::unavailable("lost")),
            Some(Spoil::HoldBefore) => self.hold().await,
            Some(Spoil::LoseReply | Spoil::HoldAfter) | None => {}
        }
        let (mut parts, body) = request.into_parts();
        parts.headers.remove(http::header::HOST);
        let request = Request::from_parts(parts, tonic::body::Body::new(body));
        // A caller that is killed breaks its connection; what it asked for happens all the same.
        let to = self.to.clone();
        let reply = tokio::spawn(async move { to.oneshot(request).await }).await.unwrap();
        match spoil {
            Some(Spoil::LoseReply) => return answer(Status::unavailable("lost")),
            Some(Spoil::HoldAfter) => self.hold().await,
            _ => {}
        }
        reply.map_or_else(|_| answer(Status::unavailable("away")), |reply| reply.map(Body::new))
    }

    async fn hold(&self) {
        self.reached.notify_one();
        self.go_on.notified().await;
    }
}

fn answer(status: Status) -> Response<Body> {
    status.into_http::<tonic::body::Body>().map(Body::new)
}
