//! What kind of call it is, and so how early it is refused when there is too much to do.

use contracts::Method;
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
        match Method::at(path) {
            Some(method) => Self::of_method(method),
            None if path.starts_with("/grpc.health.") => Self::Probe,
            // Of what we don't know only reflection is ever served.
            None => Self::Read,
        }
    }

    /// Of one of our methods.
    #[must_use]
    pub const fn of_method(method: Method) -> Self {
        use Method as M;
        match method {
            M::OrdersCreateOrder | M::PaymentsCreatePayment | M::PaymentsCreateRefund | M::InventoryReserveStock => {
                Self::New
            }

            M::OrdersGetOrder
            | M::OrdersListOrders
            | M::OrdersWatchOrder
            | M::OrdersWatchOrders
            | M::OrdersGetOrderStatistics
            | M::PaymentsGetPayment
            | M::PaymentsListPayments
            | M::PaymentsWatchPayment
            | M::PaymentsGetRefund
            | M::PaymentsListRefunds
            | M::PaymentsListLedgerEntries
            | M::PaymentsGetPaymentStatistics
            | M::InventoryCheckAvailability
            | M::InventoryGetReservation
            | M::InventoryListReservations
            | M::InventoryWatchReservation
            | M::InventoryGetProduct
            | M::InventoryBatchGetProducts
            | M::InventoryListProducts
            | M::InventoryListMovements
            | M::InventoryGetInventoryStatistics
            | M::OrdersRunAudit
            | M::PaymentsRunAudit
            | M::InventoryRunAudit
            | M::OrdersListWebhookEndpoints
            | M::OrdersListWebhookDeliveries
            | M::PaymentsListWebhookEndpoints
            | M::PaymentsListWebhookDeliveries
            | M::InventoryListWebhookEndpoints
            | M::InventoryListWebhookDeliveries => Self::Read,

            M::OrdersApproveOrder
            | M::OrdersRejectOrder
            | M::OrdersCancelOrder
            | M::OrdersShipOrder
            | M::OrdersDeliverOrder
            | M::OrdersEraseCustomer
            | M::PaymentsCancelPayment
            | M::PaymentsHandleProviderEvent
            | M::InventoryCommitReservation
            | M::InventoryCancelReservation
            | M::InventoryRestockReservation
            | M::InventoryAdjustStock
            | M::OrdersCreateWebhookEndpoint
            | M::OrdersEnableWebhookEndpoint
            | M::OrdersDisableWebhookEndpoint
            | M::OrdersDeleteWebhookEndpoint
            | M::OrdersRotateWebhookSecret
            | M::OrdersReplayWebhookDeliveries
            | M::PaymentsCreateWebhookEndpoint
            | M::PaymentsEnableWebhookEndpoint
            | M::PaymentsDisableWebhookEndpoint
            | M::PaymentsDeleteWebhookEndpoint
            | M::PaymentsRotateWebhookSecret
            | M::PaymentsReplayWebhookDeliveries
            | M::InventoryCreateWebhookEndpoint
            | M::InventoryEnableWebhookEndpoint
            | M::InventoryDisableWebhookEndpoint
            | M::InventoryDeleteWebhookEndpoint
            | M::InventoryRotateWebhookSecret
            | M::InventoryReplayWebhookDeliveries => Self::Decision,
        }
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
