//! What kind of call it is, and so how early it is refused when there is too much to do.

use http::HeaderMap;
use std::cell::Cell;

/// The mark of a call that carries on what was accepted before. Our services set it; the gateway takes it off what comes
/// from outside.
pub const CARRIES_ON: &str = "oms-carries-on";

/// From the first that is refused to those that never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Would add to what is to be done.
    New,
    /// Only looks.
    Read,
    /// Decides on what was accepted, carries it on, or brings the outcome from outside.
    Decision,
    /// Asks whether the process is well.
    Probe,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// The call that a task answers.
struct Current {
    class: Class,
    /// Whether it was refused after it had come in.
    refused: Cell<bool>,
}

impl Class {
    /// Of a gRPC call.
    #[must_use]
    pub fn of(path: &str, headers: &HeaderMap) -> Self {
        let class = Self::of_path(path);
        if class == Self::Probe || !headers.contains_key(CARRIES_ON) { class } else { Self::Decision }
    }

    /// By the path alone.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/grpc.health.") {
            return Self::Probe;
        }
        // Of what we don't know only reflection is ever served.
        Self::of_method(path.rsplit('/').next().unwrap_or_default()).unwrap_or(Self::Read)
    }

    /// Of one of our methods.
    fn of_method(name: &str) -> Option<Self> {
        Some(match name {
            "CreateOrder" | "CreatePayment" | "CreateRefund" | "ReserveStock" => Self::New,
            "GetOrder"
            | "ListOrders"
            | "WatchOrder"
            | "GetPayment"
            | "ListPayments"
            | "WatchPayment"
            | "GetRefund"
            | "ListRefunds"
            | "CheckAvailability"
            | "GetReservation"
            | "ListReservations"
            | "WatchReservation"
            | "GetProduct"
            | "BatchGetProducts"
            | "ListProducts"
            | "RunAudit"
            | "ListWebhookEndpoints"
            | "ListWebhookDeliveries" => Self::Read,
            "ApproveOrder"
            | "RejectOrder"
            | "CancelOrder"
            | "ShipOrder"
            | "DeliverOrder"
            | "EraseCustomer"
            | "CancelPayment"
            | "HandleProviderEvent"
            | "CommitReservation"
            | "CancelReservation"
            | "RestockReservation"
            | "AdjustStock"
            | "CreateWebhookEndpoint"
            | "EnableWebhookEndpoint"
            | "DisableWebhookEndpoint"
            | "DeleteWebhookEndpoint"
            | "RotateWebhookSecret"
            | "ReplayWebhookDeliveries" => Self::Decision,
            _ => return None,
        })
    }

    /// Of the call that this task answers; background work only looks.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(|current| current.class).unwrap_or(Self::Read)
    }

    /// Says that the call that this task answers is refused as too much.
    pub(crate) fn refuse() {
        // Background work is not counted.
        let _ = CURRENT.try_with(|current| current.refused.set(true));
    }

    /// Answers a call of this class, and says whether it was refused after all.
    pub(crate) fn during<F: Future>(self, answer: F) -> impl Future<Output = (F::Output, bool)> {
        let current = Current { class: self, refused: Cell::new(false) };
        CURRENT.scope(current, async { (answer.await, CURRENT.with(|current| current.refused.get())) })
    }

    /// Of `all`, how many a call of this class may find inside and still come in. What is refused last always finds room
    /// that those before it left.
    #[must_use]
    pub const fn share(self, all: usize) -> usize {
        match self {
            Self::New => all / 2,
            Self::Read => all - all / 4,
            Self::Decision => all,
            Self::Probe => usize::MAX,
        }
    }
}

/// Marks a call as one that carries on what was accepted before.
pub fn carries_on<T>(request: &mut tonic::Request<T>) {
    request.metadata_mut().insert(CARRIES_ON, tonic::metadata::MetadataValue::from_static("1"));
}

/// Whether a call's reply is a stream of events that somebody watches.
#[must_use]
pub fn is_watch(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|method| method.starts_with("Watch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_class() {
        for (service, described) in contracts::services().unwrap() {
            for method in &described.method {
                let name = method.name();
                assert!(Class::of_method(name).is_some(), "{service}/{name} is missing in Class::of_method");
            }
        }
    }

    #[test]
    fn what_carries_on_is_no_new_work() {
        let path = "/oms.payments.v1.PaymentService/CreatePayment";
        let mut headers = HeaderMap::new();
        assert_eq!(Class::of(path, &headers), Class::New);
        headers.insert(CARRIES_ON, http::HeaderValue::from_static("1"));
        assert_eq!(Class::of(path, &headers), Class::Decision);
        assert_eq!(Class::of("/grpc.health.v1.Health/Check", &headers), Class::Probe);
        assert_eq!(Class::of_path("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"), Class::Read);
    }

    #[test]
    fn new_work_is_refused_first() {
        assert!(Class::New.share(8) < Class::Read.share(8));
        assert!(Class::Read.share(8) < Class::Decision.share(8));
    }
}
