//! Every way in which this service refuses, and its gRPC form.

use crate::domain::PaymentStatus;
use crate::provider::stripe::webhook::Distrust;
use contracts::ids::{PaymentId, RefundId};
use contracts::{Money, Violations};
use service::error::Refusal;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tonic::{Code, Status};

/// A refusal of the payments service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such payment.
    #[error("payment {0} does not exist")]
    PaymentNotFound(PaymentId),
    /// There is no such refund.
    #[error("refund {0} does not exist")]
    RefundNotFound(RefundId),
    /// The payment is not in a state for it.
    #[error("payment {id} is {actual}")]
    State {
        /// Which.
        id: PaymentId,
        /// Where it stands.
        actual: PaymentStatus,
    },
    /// Nothing, or less than asked, is left to refund.
    #[error("only {refundable} of payment {id} can be refunded")]
    RefundExceedsRest {
        /// Which.
        id: PaymentId,
        /// Where it stands.
        actual: PaymentStatus,
        /// What is left.
        refundable: Money,
    },
    /// The payment was completed too long ago.
    #[error("payment {id} can no longer be refunded")]
    RefundWindowOver {
        /// Which.
        id: PaymentId,
        /// Since when.
        since: OffsetDateTime,
    },
    /// A saga step asks for something else than the first time.
    #[error("saga_key was used before with another request")]
    SagaKeyReused,
    /// An event that the provider did not send, or long ago.
    #[error("the event's signature {0}")]
    Distrusted(Distrust),
    /// No secret is configured to check the provider's events with.
    #[error("provider events are not taken: stripe.webhook_secret is empty")]
    ProviderEventsOff,
    /// A customer asked for something of somebody else; the field that names them.
    #[error("{0} must be your own")]
    NotYours(&'static str),
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
            Error::PaymentNotFound(id) => {
                Refusal::new(Code::NotFound, "PAYMENT_NOT_FOUND", message).with("payment_id", id).into()
            }
            Error::RefundNotFound(id) => {
                Refusal::new(Code::NotFound, "REFUND_NOT_FOUND", message).with("refund_id", id).into()
            }
            Error::State { id, actual } => Refusal::new(Code::FailedPrecondition, "PAYMENT_STATE", message)
                .with("payment_id", id)
                .with("state", actual)
                .into(),
            Error::RefundExceedsRest { id, actual, refundable } => {
                Refusal::new(Code::FailedPrecondition, "REFUND_EXCEEDS_REST", message)
                    .with("payment_id", id)
                    .with("state", actual)
                    .with("refundable", refundable.to_decimal())
                    .with("currency", refundable.currency())
                    .into()
            }
            Error::RefundWindowOver { id, since } => {
                Refusal::new(Code::FailedPrecondition, "REFUND_WINDOW_OVER", message)
                    .with("payment_id", id)
                    .with("since", since.format(&Rfc3339).unwrap_or_default())
                    .into()
            }
            Error::SagaKeyReused => Refusal::new(Code::InvalidArgument, "SAGA_KEY_REUSED", message)
                .violation("saga_key", &"was used before with another request")
                .into(),
            Error::Distrusted(why) => {
                Refusal::new(Code::InvalidArgument, "EVENT_SIGNATURE", message).violation("signature", &why).into()
            }
            Error::ProviderEventsOff => Refusal::new(Code::FailedPrecondition, "PROVIDER_EVENTS_OFF", message).into(),
            Error::NotYours(field) => {
                Refusal::new(Code::PermissionDenied, "NOT_YOURS", message).with("field", field).into()
            }
            Error::Replayed(status) => *status,
            Error::Service(error) => error.into(),
        }
    }
}
