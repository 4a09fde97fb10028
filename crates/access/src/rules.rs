//! Which roles may call which method. A method without a row does not compile.

use crate::role::{Role, Roles};
use contracts::Method;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Over everything.
    pub whole: Roles,
    /// Customers, over what is theirs.
    pub own: bool,
}

const fn only(roles: &[Role]) -> Rule {
    Rule { whole: Roles::of(roles), own: false }
}

/// Customers too, over what is theirs.
const fn own_and(roles: &[Role]) -> Rule {
    Rule { whole: Roles::of(roles), own: true }
}

/// Who may call `method`.
#[must_use]
pub const fn rule(method: Method) -> Rule {
    use Method as M;
    use Role::{Auditor, Customer, Finance, Manager, Service, Warehouse};
    match method {
        M::OrdersCreateOrder => own_and(&[Manager, Service]),
        M::OrdersGetOrder | M::OrdersListOrders | M::OrdersWatchOrder => {
            own_and(&[Manager, Warehouse, Finance, Auditor, Service])
        }
        // Of all customers: what changed and what is left out must not tell one of another.
        M::OrdersWatchOrders => only(&[Manager, Warehouse, Finance, Auditor, Service]),
        M::OrdersGetOrderStatistics => only(&[Manager, Warehouse, Finance, Auditor]),
        M::OrdersApproveOrder | M::OrdersRejectOrder => only(&[Manager]),
        M::OrdersCancelOrder => own_and(&[Manager]),
        M::OrdersEraseCustomer => only(&[Manager]),
        M::OrdersShipOrder | M::OrdersDeliverOrder => only(&[Warehouse]),

        M::PaymentsCreatePayment => own_and(&[Manager, Finance, Service]),
        M::PaymentsGetPayment | M::PaymentsListPayments | M::PaymentsWatchPayment => {
            own_and(&[Manager, Finance, Auditor, Service])
        }
        M::PaymentsGetRefund | M::PaymentsListRefunds => own_and(&[Manager, Finance, Auditor, Service]),
        M::PaymentsListLedgerEntries => only(&[Manager, Finance, Auditor]),
        M::PaymentsGetPaymentStatistics => only(&[Manager, Finance, Auditor]),
        M::PaymentsCancelPayment => own_and(&[Manager, Finance, Service]),
        M::PaymentsCreateRefund => only(&[Finance, Service]),
        M::PaymentsHandleProviderEvent => only(&[Service]),

        M::InventoryCheckAvailability
        | M::InventoryGetProduct
        | M::InventoryBatchGetProducts
        | M::InventoryListProducts => only(&[Customer, Manager, Warehouse, Finance, Auditor, Service]),
        M::InventoryReserveStock | M::InventoryCommitReservation | M::InventoryCancelReservation => {
            only(&[Manager, Warehouse, Service])
        }
        M::InventoryRestockReservation => only(&[Warehouse, Service]),
        M::InventoryGetReservation | M::InventoryListReservations | M::InventoryWatchReservation => {
            only(&[Manager, Warehouse, Auditor, Service])
        }
        M::InventoryAdjustStock => only(&[Warehouse]),
        M::InventoryListMovements => only(&[Manager, Warehouse, Auditor]),
        M::InventoryGetInventoryStatistics => only(&[Manager, Warehouse, Finance, Auditor]),

        M::OrdersRunAudit | M::PaymentsRunAudit | M::InventoryRunAudit => only(&[Auditor]),

        M::OrdersCreateWebhookEndpoint
        | M::OrdersEnableWebhookEndpoint
        | M::OrdersDisableWebhookEndpoint
        | M::OrdersDeleteWebhookEndpoint
        | M::OrdersRotateWebhookSecret
        | M::OrdersReplayWebhookDeliveries
        | M::InventoryCreateWebhookEndpoint
        | M::InventoryEnableWebhookEndpoint
        | M::InventoryDisableWebhookEndpoint
        | M::InventoryDeleteWebhookEndpoint
        | M::InventoryRotateWebhookSecret
        | M::InventoryReplayWebhookDeliveries => only(&[Manager]),
        M::PaymentsCreateWebhookEndpoint
        | M::PaymentsEnableWebhookEndpoint
        | M::PaymentsDisableWebhookEndpoint
        | M::PaymentsDeleteWebhookEndpoint
        | M::PaymentsRotateWebhookSecret
        | M::PaymentsReplayWebhookDeliveries => only(&[Finance]),
        M::OrdersListWebhookEndpoints
        | M::OrdersListWebhookDeliveries
        | M::InventoryListWebhookEndpoints
        | M::InventoryListWebhookDeliveries => only(&[Manager, Auditor]),
        M::PaymentsListWebhookEndpoints | M::PaymentsListWebhookDeliveries => only(&[Finance, Auditor]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_changes_nothing() {
        let reads = ["Get", "List", "Watch", "Check", "BatchGet", "RunAudit"];
        for method in Method::ALL {
            let name = method.path().rsplit('/').next().unwrap_or_default();
            let reading = reads.iter().any(|read| name.starts_with(read));
            assert!(reading || !rule(*method).whole.has(Role::Auditor), "{name}");
        }
    }

    #[test]
    fn only_managers_decide_and_somebody_may_call_everything() {
        assert_eq!(rule(Method::OrdersApproveOrder), only(&[Role::Manager]));
        assert!(Method::ALL.iter().all(|method| rule(*method).whole != Roles::default()));
    }
}
