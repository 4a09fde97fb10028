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
    /// A customer asked for something of somebody else; the field that names them.
    #[error("{0} must be your own")]
    NotYours(&'static str),
    /// A customer can't be erased while these orders are under way.
    #[error("the customer has orders under way, such as {} ({})", .0[0].0, .0[0].1)]
    CustomerUnderWay(Vec<(OrderId, OrderStatus)>),
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
            Error::NotYours(field) => {
                Refusal::new(Code::PermissionDenied, "NOT_YOURS", message).with("field", field).into()
            }
            Error::CustomerUnderWay(orders) => {
                let refusal = Refusal::new(Code::FailedPrecondition, "CUSTOMER_UNDER_WAY", message);
                let named = |refusal: Refusal, (id, status): &(OrderId, OrderStatus)| {
                    refusal.precondition("ORDER_STATE", &id.to_string(), <&str>::from(*status))
                };
                orders.iter().fold(refusal, named).into()
            }
            Error::Replayed(status) => *status,
            Error::Service(error) => error.into(),
        }
    }
}
