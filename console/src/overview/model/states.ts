import { OrderStatus, type OrderStatusCount } from "~/gen/oms/orders/v1/orders_pb";

/** The way of an order in stations: states that mean the same for whoever looks from afar are one. */
export const STATIONS = [
  { id: "checking", statuses: ["CREATED", "VALIDATION_PENDING"], looks: OrderStatus.VALIDATION_PENDING },
  { id: "waiting", statuses: ["PENDING_APPROVAL"], looks: OrderStatus.PENDING_APPROVAL },
  {
    id: "moving",
    statuses: ["APPROVED", "PAYMENT_PENDING", "PAYMENT_COMPLETED"],
    looks: OrderStatus.PAYMENT_PENDING,
  },
  { id: "ship", statuses: ["PROCESSING"], looks: OrderStatus.PROCESSING },
  { id: "shipped", statuses: ["SHIPPED"], looks: OrderStatus.SHIPPED },
] as const satisfies readonly Station[];

/** Where orders end. */
export const ENDS = [
  "DELIVERED",
  "VALIDATION_FAILED",
  "AUTO_REJECTED",
  "REJECTED",
  "CANCELLED",
] as const satisfies readonly StatusName[];

export type StatusName = Exclude<keyof typeof OrderStatus, "UNSPECIFIED">;

export interface Station {
  readonly id: string;
  readonly statuses: readonly StatusName[];
  /** The state whose colour and mark stand for all. */
  readonly looks: OrderStatus;
}

export function countOf(counts: readonly OrderStatusCount[], statuses: readonly StatusName[]): bigint {
  return counts
    .filter(({ status }) => statuses.some((name) => OrderStatus[name] === status))
    .reduce((sum, { orders }) => sum + orders, 0n);
}

/** How wide each station is in a bar of all of them, in percent. What is there is seen, however little it is. */
export function widths(counts: readonly bigint[]): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0n);
  if (all === 0n) {
    return counts.map(() => 0);
  }
  const least = counts.map((count) =>
    count === 0n ? 0 : Math.max(1.5, Number((count * 10_000n) / all) / 100),
  );
  const whole = least.reduce((sum, width) => sum + width, 0);
  return least.map((width) => (width * 100) / whole);
}
