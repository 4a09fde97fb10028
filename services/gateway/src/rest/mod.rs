//! The REST contract: requests to gRPC calls, replies to JSON.
//!
//! A handler names the fields it takes, builds the message and sends it; what
//! was not named is refused. The rules of the fields themselves live in the
//! services, those of their types in `contracts`.

mod customers;
mod doors;
mod input;
mod inventory;
pub(crate) mod model;
mod orders;
mod payments;
mod query;
mod webhooks;

pub(crate) use customers::CustomersApi;
pub(crate) use input::IDEMPOTENCY_KEY_NAME;
pub(crate) use inventory::InventoryApi;
pub(crate) use orders::OrdersApi;
pub(crate) use payments::PaymentsApi;
pub(crate) use webhooks::WebhooksApi;

use crate::Error;
use crate::config::{Config, Limits};
use crate::upstream::Upstreams;
use access::Guard;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use doors::Doors;
use http::{HeaderName, HeaderValue, StatusCode};
use input::Sender;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

/// Header of a reply that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) upstreams: Upstreams,
    pub(crate) limits: Limits,
    pub(crate) deadline: Duration,
}

impl App {
    pub(crate) fn new(upstreams: Upstreams, config: &Config) -> Self {
        Self { upstreams, limits: config.limits, deadline: config.unary() }
    }
}

/// All routes.
pub(crate) fn router(app: App, guard: &Guard) -> Router {
    let doors = Doors(guard);
    Router::new()
        .merge(orders::routes(&doors))
        .merge(customers::routes(&doors))
        .merge(payments::routes(&doors))
        .merge(inventory::routes(&doors))
        // Its signature says who sent it.
        .merge(webhooks::routes())
        .with_state(Arc::new(app))
}

type State = axum::extract::State<Arc<App>>;
type Result<T> = std::result::Result<Reply<T>, Error>;

/// A good reply.
pub(crate) struct Reply<T> {
    status: StatusCode,
    replayed: bool,
    body: T,
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// A service's reply, and whether it was given before.
struct Answer<R> {
    message: R,
    replayed: bool,
}

impl<R> Answer<R> {
    /// Turns the message into the body of a reply.
    fn reply<T>(self, status: StatusCode, body: impl FnOnce(R) -> std::result::Result<T, Error>) -> Result<T> {
        Ok(Reply { status, replayed: self.replayed, body: body(self.message)? })
    }
}

impl Sender {
    /// Sends a message with a deadline, which is passed on, and with the caller's
    /// trace context.
    async fn send<Q, R, F>(
        &self,
        deadline: Duration,
        message: Q,
        call: impl FnOnce(Request<Q>) -> F,
    ) -> std::result::Result<Answer<R>, Error>
    where
        F: Future<Output = std::result::Result<tonic::Response<R>, Status>>,
    {
        let mut request = Request::new(message);
        request.set_timeout(deadline);
        for (name, value) in &self.along {
            request.metadata_mut().insert(*name, value.clone());
        }
        match timeout(deadline, call(request)).await {
            Ok(Ok(response)) => {
                let replayed = response.metadata().get(REPLAYED.as_str()).is_some_and(|v| v == "true");
                Ok(Answer { message: response.into_inner(), replayed })
            }
            Ok(Err(status)) => Err(self.refusal(status)),
            Err(_) => Err(Error::Deadline),
        }
    }

    /// Tells a service's refusal from a connection's failure, and gives fields
    /// at fault the names that the caller knows.
    fn refusal(&self, status: Status) -> Error {
        use std::error::Error as _;
        if let Some(source) = status.source() {
            if crate::forward::is_timeout(source) {
                return Error::Deadline;
            }
            tracing::debug!(service = self.service, %status, "no reply");
            return Error::Unreachable(self.service);
        }
        // What a service answers when it stopped because of the deadline it was given.
        if status.code() == Code::Cancelled && status.message() == "Timeout expired" {
            return Error::Deadline;
        }
        if status.code() != Code::InvalidArgument {
            return Error::Refused(Box::new(status));
        }
        let mut details = status.get_error_details();
        if let Some(mut bad) = details.bad_request().cloned() {
            for violation in &mut bad.field_violations {
                violation.field = self.json_name(&violation.field);
            }
            details.set_bad_request(bad.field_violations);
        }
        Error::Refused(Box::new(Status::with_error_details(status.code(), status.message(), details)))
    }
}
