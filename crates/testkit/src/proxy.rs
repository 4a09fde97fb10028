//! Stands before a service, and spoils a call when asked to.

use crate::{PATIENCE, Running};
use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Request, Response};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::ServiceExt as _;

/// Enough for a caller to see a message: some forget what they have not yet passed on when a stream breaks.
const SEEN: Duration = Duration::from_millis(500);
/// The length of a gRPC message is in front of it, after one byte of flags.
const LENGTH: std::ops::Range<usize> = 1..5;

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
    /// It is refused, and is to be repeated after this time.
    Postpone(Duration),
    /// Its stream breaks after the first message.
    Break,
}

#[derive(Clone)]
struct Path {
    to: Channel,
    plan: Arc<Mutex<Vec<(&'static str, Spoil)>>>,
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

/// A proxy in front of one service.
pub struct Proxy {
    /// Where it is.
    pub running: Running,
    path: Path,
}

impl Proxy {
    /// Passes everything on, until told otherwise.
    pub async fn to(service: &Running) -> Self {
        let to = Endpoint::from_shared(service.url()).expect("an address").connect_lazy();
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
        self.path.plan.lock().expect("the plan").push((method, how));
    }

    /// Whether nothing waits to be spoiled.
    pub fn is_done(&self) -> bool {
        self.path.plan.lock().expect("the plan").is_empty()
    }

    /// Until a call is held.
    pub async fn reached(&self) {
        tokio::time::timeout(PATIENCE, self.path.reached.notified()).await.expect("no call came to be held");
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
            let mut plan = self.plan.lock().expect("the plan");
            plan.iter().position(|(planned, _)| *planned == method).map(|next| plan.remove(next).1)
        };
        match spoil {
            Some(Spoil::Refuse) => return answer(Status::failed_precondition("refused by the test")),
            Some(Spoil::LoseRequest) => return answer(Status::unavailable("lost")),
            Some(Spoil::Postpone(time)) => {
                let mut details = ErrorDetails::with_retry_info(Some(time));
                details.set_error_info("REQUEST_RUNNING", "oms", []);
                return answer(Status::with_error_details(Code::Aborted, "postponed by the test", details));
            }
            Some(Spoil::HoldBefore) => self.hold().await,
            Some(Spoil::LoseReply | Spoil::HoldAfter | Spoil::Break) | None => {}
        }
        let (mut parts, body) = request.into_parts();
        parts.headers.remove(http::header::HOST);
        let request = Request::from_parts(parts, tonic::body::Body::new(body));
        // A caller that is killed breaks its connection; what it asked for happens all the same.
        let to = self.to.clone();
        let reply = tokio::spawn(async move { to.oneshot(request).await }).await.expect("the call");
        match spoil {
            Some(Spoil::LoseReply) => return answer(Status::unavailable("lost")),
            Some(Spoil::HoldAfter) => self.hold().await,
            _ => {}
        }
        let Ok(reply) = reply else { return answer(Status::unavailable("away")) };
        let reply = reply.map(Body::new);
        if matches!(spoil, Some(Spoil::Break)) { reply.map(broken) } else { reply }
    }

    async fn hold(&self) {
        self.reached.notify_one();
        self.go_on.notified().await;
    }
}

/// The first message of a stream, and then nothing, not even an end.
fn broken(body: Body) -> Body {
    let end = stream::once(async {
        tokio::time::sleep(SEEN).await;
        Err(axum::Error::new("broken by the test"))
    });
    let first = body.into_data_stream().take(1).map(|chunk| chunk.map(first_message));
    Body::from_stream(first.chain(end))
}

fn first_message(chunk: Bytes) -> Bytes {
    let length = chunk[LENGTH].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    chunk.slice(..LENGTH.end + length)
}

fn answer(status: Status) -> Response<Body> {
    status.into_http::<tonic::body::Body>().map(Body::new)
}
