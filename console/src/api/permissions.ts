import { useMemo } from "react";
import type { Role } from "./roles";
import { useRoles } from "./session";

const STAFF: readonly Role[] = ["manager", "warehouse", "finance", "auditor"];

/**
 * Who may call which method, customers over what is theirs. The system decides; this only keeps what it would refuse
 * off the page. `permissions.test.ts` compares it with `crates/access/src/rules.rs`.
 */
export const RULES = {
  OrdersCreateOrder: ["manager", "customer"],
  OrdersGetOrder: [...STAFF, "customer"],
  OrdersListOrders: [...STAFF, "customer"],
  OrdersWatchOrder: [...STAFF, "customer"],
  OrdersWatchOrders: STAFF,
  OrdersGetOrderStatistics: STAFF,
  OrdersApproveOrder: ["manager"],
  OrdersRejectOrder: ["manager"],
  OrdersCancelOrder: ["manager", "customer"],
  OrdersShipOrder: ["warehouse"],
  OrdersDeliverOrder: ["warehouse"],
  OrdersRunAudit: ["auditor"],
  PaymentsCreatePayment: ["manager", "finance", "customer"],
  PaymentsGetPayment: ["manager", "finance", "auditor", "customer"],
  PaymentsListPayments: ["manager", "finance", "auditor", "customer"],
  PaymentsWatchPayment: ["manager", "finance", "auditor", "customer"],
  PaymentsListRefunds: ["manager", "finance", "auditor", "customer"],
  PaymentsListLedgerEntries: ["manager", "finance", "auditor"],
  PaymentsGetPaymentStatistics: ["manager", "finance", "auditor"],
  PaymentsCancelPayment: ["manager", "finance", "customer"],
  PaymentsCreateRefund: ["finance"],
  PaymentsRunAudit: ["auditor"],
  InventoryGetProduct: [...STAFF, "customer"],
  InventoryBatchGetProducts: [...STAFF, "customer"],
  InventoryListProducts: [...STAFF, "customer"],
  InventoryCommitReservation: ["manager", "warehouse"],
  InventoryCancelReservation: ["manager", "warehouse"],
  InventoryRestockReservation: ["warehouse"],
  InventoryGetReservation: ["manager", "warehouse", "auditor"],
  InventoryListReservations: ["manager", "warehouse", "auditor"],
  InventoryWatchReservation: ["manager", "warehouse", "auditor"],
  InventoryAdjustStock: ["warehouse"],
  InventoryListMovements: ["manager", "warehouse", "auditor"],
  InventoryGetInventoryStatistics: STAFF,
  InventoryRunAudit: ["auditor"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof RULES;
export type Can = (permission: Permission) => boolean;

export function allows(roles: readonly Role[], permission: Permission): boolean {
  const allowed: readonly Role[] = RULES[permission];
  return roles.some((role) => allowed.includes(role));
}

/** Whether whoever is at the page may do something. */
export function useCan(): Can {
  const roles = useRoles();
  return useMemo(() => (permission) => allows(roles, permission), [roles]);
}
