import type { Can } from "~/api/permissions";
import { type Reservation, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";

export const ACTIONS = ["commit", "cancel", "restock"] as const;
export type ReservationAction = (typeof ACTIONS)[number];

/** What the state of a reservation allows, to those whom their role allows it. */
export function actionsOf(reservation: Reservation, can: Can): readonly ReservationAction[] {
  const { status, lines } = reservation;
  const possible: Record<ReservationAction, boolean> = {
    commit: can("InventoryCommitReservation") && status === ReservationStatus.RESERVED,
    cancel:
      can("InventoryCancelReservation") &&
      (status === ReservationStatus.PENDING || status === ReservationStatus.RESERVED),
    restock:
      can("InventoryRestockReservation") &&
      status === ReservationStatus.COMMITTED &&
      lines.some(({ restocked }) => restocked === 0n),
  };
  return ACTIONS.filter((action) => possible[action]);
}
