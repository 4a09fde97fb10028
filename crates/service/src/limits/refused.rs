//! What a caller is told who asked for too much, and how it is counted.

use crate::around::Answer;
use crate::error::Refusal;
use ::metrics::{SharedString, counter, histogram};
use std::time::Duration;
use tonic::body::Body;
use tonic::{Code, Status};

/// Why a call was refused although nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This caller calls this method too often.
    RateLimited,
    /// The process has too much to do.
    Overloaded,
    /// Too much accepted work waits.
    BacklogFull,
    /// Too many streams are open.
    TooManyWatches,
    /// Too many connections are open.
    TooManyConnections,
}

/// In the extensions of a response: it is such a refusal.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub Reason);

impl Reason {
    /// As `ErrorInfo.reason` and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "RATE_LIMITED",
            Self::Overloaded => "OVERLOADED",
            Self::BacklogFull => "BACKLOG_FULL",
            Self::TooManyWatches => "TOO_MANY_WATCHES",
            Self::TooManyConnections => "TOO_MANY_CONNECTIONS",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::RateLimited => "too many calls of this method; try again later",
            Self::Overloaded => "too much is asked for at this moment; try again later",
            Self::BacklogFull => "too much accepted work waits; try again later",
            Self::TooManyWatches => "too many watches are open; end one, or try again later",
            Self::TooManyConnections => "too many connections are open",
        }
    }

    /// The refusal; a repetition can help after `delay`.
    #[must_use]
    pub fn status(self, delay: Duration) -> Status {
        Refusal::new(Code::ResourceExhausted, self.name(), self.message()).retry_after(delay).into()
    }

    /// The same as a response, which says of itself what it is.
    #[must_use]
    pub fn response(self, delay: Duration) -> http::Response<Body> {
        let mut response = self.status(delay).into_http();
        response.extensions_mut().insert(Refused(self));
        response
    }

    /// The same as what a call comes to.
    pub(super) fn answer<E: Send + 'static>(self, delay: Duration) -> Answer<E> {
        Box::pin(std::future::ready(Ok(self.response(delay))))
    }

    /// Counts one. `method` must not depend on what a caller chooses.
    pub fn count(self, method: impl Into<SharedString>) {
        counter!("oms_refused_total", "method" => method.into(), "reason" => self.name()).increment(1);
    }
}

/// As what connections are counted that are refused.
const CONNECTION: &str = "connection";

/// Shows what does not depend on a method from the start.
pub(crate) fn announce() {
    counter!("oms_refused_total", "method" => CONNECTION, "reason" => Reason::TooManyConnections.name()).increment(0);
}

/// Counts a connection that was not taken.
pub(super) fn connection() {
    Reason::TooManyConnections.count(CONNECTION);
}

/// How long a caller waited to be told. `method` must not depend on what a caller chooses.
pub fn told_after(method: impl Into<SharedString>, took: Duration) {
    histogram!("oms_refused_duration_seconds", "method" => method.into()).record(took);
}
