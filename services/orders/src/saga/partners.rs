//! The other two services, as the saga calls them: with deadlines, and with a clear line between an answer and silence.

use super::Undid;
use crate::config::Config;
use access::outbound::{Bearing, OwnToken};
use contracts::inventory::inventory_service_client::InventoryServiceClient;
use contracts::payments::payment_service_client::PaymentServiceClient;
use service::limits::carries_on;
use service::server::MAX_MESSAGE;
use service::telemetry::outbound::Traced;
use service::tls::{Client, Peer};
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

/// A connection to another service, whose calls bear our token and are part of the trace.
pub type Connection = Bearing<Traced<Channel>>;

/// Clients of the other two services. They connect when first used, and again whenever a connection breaks.
#[derive(Clone)]
pub struct Partners {
    /// Holds, takes and gives back stock.
    pub inventory: InventoryServiceClient<Connection>,
    /// Charges and refunds.
    pub payments: PaymentServiceClient<Connection>,
    deadline: Duration,
    /// How long a charge is watched before it is asked for again.
    pub patience: Duration,
}

/// Why a call brought no result.
#[derive(Debug)]
pub enum Fault {
    /// No answer, or none that says anything about the matter: wait and ask again.
    Away(String),
    /// The partner refused.
    Refused {
        /// `ErrorInfo.reason`.
        reason: String,
        /// The state it stands in, if that is why.
        state: String,
        /// For a person.
        message: String,
    },
}

impl Partners {
    /// # Errors
    /// A malformed address, or certificates that can't be used.
    pub fn new(config: &Config, token: &OwnToken) -> Result<Self, service::config::Error> {
        let client = Client::new(&config.tls)?;
        let channel = |section, address, identity| {
            let channel = client.channel(&Peer { section, address, identity }, |endpoint| endpoint)?;
            Ok::<_, service::config::Error>(Bearing::new(channel, token.clone()))
        };
        let inventory = channel("inventory", &config.inventory.address, &config.inventory.identity)?;
        let payments = channel("payments", &config.payments.address, &config.payments.identity)?;
        Ok(Self {
            inventory: InventoryServiceClient::new(inventory)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            payments: PaymentServiceClient::new(payments),
            deadline: Duration::from_millis(config.fulfilment.deadline_ms),
            patience: Duration::from_millis(config.fulfilment.patience_ms),
        })
    }

    /// A request with the deadline of all of them. It carries on what was accepted.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.deadline);
        carries_on(&mut request);
        request
    }

    /// Waits for an answer, but not for ever: the deadline is also kept here, because a dead peer keeps none.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn answer<T>(&self, call: impl Future<Output = Result<Response<T>, Status>> + Send) -> Result<T, Fault> {
        match tokio::time::timeout(self.deadline, call).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(Fault::from(status)),
            Err(_) => Err(Fault::Away("no answer in time".to_owned())),
        }
    }
}

/// Whether the status is an answer. A status with a source was made here, by a connection that broke.
#[must_use]
pub fn is_answer(status: &Status) -> bool {
    let silence = [
        Code::Unavailable,
        Code::DeadlineExceeded,
        Code::Cancelled,
        Code::ResourceExhausted,
        Code::Aborted,
        // Of our own token, which says nothing about the order.
        Code::Unauthenticated,
        Code::PermissionDenied,
    ];
    std::error::Error::source(status).is_none() && !silence.contains(&status.code())
}

impl From<Status> for Fault {
    /// A refusal is a statement about the request or the state. An internal error or an unknown method says that a
    /// partner is broken, which passes: it is waited for.
    fn from(status: Status) -> Self {
        let definite = matches!(status.code(), Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition);
        if !is_answer(&status) || !definite {
            return Self::Away(format!("{:?}: {}", status.code(), status.message()));
        }
        let details = status.get_error_details();
        let info = details.error_info();
        Self::Refused {
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            state: info.and_then(|info| info.metadata.get("state").cloned()).unwrap_or_default(),
            message: status.message().to_owned(),
        }
    }
}

impl From<Fault> for Undid {
    /// Of an undo that is not to be given up.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away(words) => Self::Away(words),
            Fault::Refused { message, .. } => Self::Open(message),
        }
    }
}

impl Fault {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Away(words) => words,
            Self::Refused { message, .. } => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_statement_about_the_request_is_a_refusal() {
        for code in [Code::Unavailable, Code::Internal, Code::Unknown, Code::Unimplemented, Code::ResourceExhausted] {
            assert!(matches!(Fault::from(Status::new(code, "")), Fault::Away(_)), "{code:?}");
        }
        assert!(matches!(Fault::from(Status::failed_precondition("")), Fault::Refused { .. }));
    }
}
