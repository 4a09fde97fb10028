//! Faults that any service can have.
//!
//! A service's own error enum has one variant per fault of its domain and wraps
//! this one for the rest. [`Refusal`] is the only way to a gRPC status: it adds
//! the reason, the fields at fault and when to try again.

use crate::limits::Reason;
use contracts::Violations;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// A fault that is not particular to one domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields at fault.
    #[error("the request has invalid fields")]
    Invalid(Violations),
    /// The same key came with another request.
    #[error("request_id was used before with another request")]
    KeyReused,
    /// A request with the same key is running.
    #[error("a request with this request_id is running")]
    Busy,
    /// Too much comes, and this waited for long enough.
    #[error("too much is asked for at this moment; try again later")]
    Overloaded,
    /// The database or a service can't be reached; waiting helps.
    #[error("a part of the system can't be reached; try again")]
    Unavailable(#[source] Cause),
    /// A mistake of ours. The cause is logged and never sent.
    #[error("internal error")]
    Internal(#[source] Cause),
}

/// What is behind a fault, for the log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// An internal fault from a text.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// An unreachable part, from a text or an error.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// Whether waiting, and nothing else, can help.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if crate::db::is_unavailable(&error) { Self::unavailable(error) } else { Self::internal(error) }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid(violations) => {
                Refusal::new(Code::InvalidArgument, "INVALID_FIELDS", message).violations(&violations).into()
            }
            Error::KeyReused => Refusal::new(Code::InvalidArgument, "IDEMPOTENCY_KEY_REUSED", message)
                .violation("request_id", &"was used before with another request")
                .into(),
            Error::Busy => {
                Refusal::new(Code::Aborted, "REQUEST_RUNNING", message).retry_after(Duration::from_millis(200)).into()
            }
            Error::Overloaded => Reason::Overloaded.status(Duration::from_secs(1)),
            Error::Unavailable(cause) => {
                tracing::warn!(cause = %chain(cause.as_ref()), "request not served: unavailable");
                Refusal::new(Code::Unavailable, "UNAVAILABLE", message).retry_after(Duration::from_secs(1)).into()
            }
            Error::Internal(cause) => {
                tracing::error!(cause = %chain(cause.as_ref()), "request not served: internal error");
                Refusal::new(Code::Internal, "INTERNAL", message).into()
            }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// A gRPC refusal in the making.
pub struct Refusal {
    code: Code,
    message: String,
    reason: &'static str,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
}

impl Refusal {
    /// A refusal with a stable reason (upper snake case).
    #[must_use]
    pub fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), reason, metadata: HashMap::new(), details: ErrorDetails::new() }
    }

    /// Adds a fact a program can use, such as the actual state.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// Says when a repetition can help.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.details.set_retry_info(Some(delay));
        self
    }

    /// Adds a field at fault.
    #[must_use]
    pub fn violation(mut self, field: &str, description: &dyn std::fmt::Display) -> Self {
        self.details.add_bad_request_violation(field, description.to_string());
        self
    }

    /// Adds the fields at fault.
    #[must_use]
    pub fn violations(mut self, violations: &Violations) -> Self {
        for v in violations.iter() {
            self.details.add_bad_request_violation(v.field.clone(), v.description.clone());
        }
        self
    }

    /// Adds a condition that does not hold.
    #[must_use]
    pub fn precondition(mut self, kind: &str, subject: &str, description: &str) -> Self {
        self.details.add_precondition_failure_violation(kind, subject, description);
        self
    }
}

impl From<Refusal> for Status {
    fn from(mut refusal: Refusal) -> Self {
        refusal.details.set_error_info(refusal.reason, "oms", refusal.metadata);
        Self::with_error_details(refusal.code, refusal.message, refusal.details)
    }
}
