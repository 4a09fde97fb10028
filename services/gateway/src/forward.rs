//! gRPC calls passed on as they are: no message is decoded.

use crate::body::{Download, Fault, Upload};
use crate::config::Config;
use crate::deadline;
use crate::upstream::Service;
use contracts::Method;
use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderName, TRANSFER_ENCODING, UPGRADE};
use http::{Request, Response, Version};
use service::limits::CARRIES_ON;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::Service as _;

/// Belongs to the connection it came on. `content-length` is that of the body
/// before gRPC-Web's text was decoded. What carries on accepted work only our
/// services say. Cookies are the gateway's own.
const HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
    HOST,
    CONTENT_LENGTH,
    COOKIE,
    HeaderName::from_static(CARRIES_ON),
];
/// A gRPC message has its length in front.
const FRAME: usize = 5;

/// Passes calls on to one service.
#[derive(Clone)]
pub(crate) struct Forward {
    to: Service,
    unary: Duration,
    streaming: Duration,
    limit: usize,
    upload: Duration,
    closing: CancellationToken,
}

impl Forward {
    pub(crate) fn new(to: &Service, config: &Config, closing: &CancellationToken) -> Self {
        Self {
            to: to.clone(),
            unary: config.unary(),
            streaming: config.streaming(),
            limit: config.limits.body_bytes + FRAME,
            upload: config.limits.body_time(),
            closing: closing.clone(),
        }
    }

    async fn forward(self, request: Request<axum::body::Body>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let streams = Method::at(parts.uri.path()).is_some_and(Method::streams);
        let deadline = deadline::of(&parts.headers, if streams { self.streaming } else { self.unary });
        let until = Instant::now() + deadline;
        for header in HOP {
            parts.headers.remove(header);
        }
        deadline::set(&mut parts.headers, deadline);
        parts.version = Version::HTTP_2;
        parts.extensions.clear();
        let fault = Fault::default();
        // That of a call is bounded by its deadline.
        let time = streams.then_some(self.upload);
        let body = Body::new(Upload::new(body, self.limit, time, fault.clone()));
        let mut channel = if streams { self.to.streams } else { self.to.unary };
        let call = async {
            poll_fn(|cx| channel.poll_ready(cx)).await?;
            channel.call(Request::from_parts(parts, body)).await
        };
        let status = match timeout_at(until, call).await {
            Ok(Ok(response)) => {
                let closing = streams.then_some(self.closing);
                return response.map(|body| Body::new(Download::new(body, until, closing)));
            }
            Ok(Err(error)) => fault.get().unwrap_or_else(|| lost(self.to.name, &error)),
            Err(_) => Status::deadline_exceeded("no answer within the deadline"),
        };
        status.into_http()
    }
}

impl tower::Service<Request<axum::body::Body>> for Forward {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<axum::body::Body>) -> Self::Future {
        let forward = self.clone().forward(request);
        Box::pin(async move { Ok(forward.await) })
    }
}

/// The status of a call that got no reply from its service.
fn lost(name: &str, error: &tonic::transport::Error) -> Status {
    if is_timeout(error) {
        return Status::deadline_exceeded("no answer within the deadline");
    }
    tracing::debug!(service = name, ?error, "no reply");
    let message = format!("the {name} service can't be reached; try again");
    let mut details = ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
    details.set_error_info("SERVICE_UNREACHABLE", "oms", [("service".to_owned(), name.to_owned())]);
    Status::with_error_details(Code::Unavailable, message, details)
}

/// Whether the connection gave up because the deadline in the headers was over.
pub(crate) fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |e| e.source()).any(|e| e.is::<TimeoutExpired>())
}
