//! Every way in which a webhook request is refused, and its gRPC form.

use contracts::Violations;
use contracts::ids::EndpointId;
use service::error::Refusal;
use tonic::{Code, Status};

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such endpoint.
    #[error("webhook endpoint {0} does not exist")]
    NotFound(EndpointId),
    /// Each endpoint makes each change dearer.
    #[error("there are {0} webhook endpoints, and no more can be registered")]
    Full(i64),
    /// A refusal that was given before under the same key.
    #[error("{}", .0.message())]
    Replayed(Box<Status>),
    /// A fault that any service can have.
    #[error(transparent)]
    Service(#[from] service::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Service(error.into())
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Service(violations.into())
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotFound(id) => {
                Refusal::new(Code::NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND", message).with("endpoint_id", id).into()
            }
            Error::Full(most) => {
                Refusal::new(Code::ResourceExhausted, "WEBHOOK_ENDPOINTS_FULL", message).with("most", most).into()
            }
            Error::Replayed(status) => *status,
            Error::Service(error) => error.into(),
        }
    }
}
