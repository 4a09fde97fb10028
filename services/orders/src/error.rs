//! Every way in which this service refuses, and its gRPC form.

use crate::domain::Status as OrderStatus;
use contracts::Violations;
use contracts::ids::OrderId;
use service::error::Refusal;
use tonic::{Code, Status};

/// A refusal of the orders service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such order.
    #[error("order {0} does not exist")]
    NotFound(OrderId),
    /// The order is not in a state for it.
    #[error("order {id} is {actual}")]
    State {
        /// Which.
        id: OrderId,
        /// Where it stands.
        actual: OrderStatus,
    },
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
            Error::NotFound(id) => Refusal::new(Code::NotFound, "ORDER_NOT_FOUND", message).with("order_id", id).into(),
            Error::State { id, actual } => Refusal::new(Code::FailedPrecondition, "ORDER_STATE", message)
                .with("order_id", id)
                .with("state", actual)
                .into(),
            Error::Replayed(status) => *status,
            Error::Service(error) => error.into(),
        }
    }
}
