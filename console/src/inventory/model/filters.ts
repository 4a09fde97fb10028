import type { ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { type StateAndOrder, text } from "~/lib/search";
import { createStore } from "~/lib/store";

/** What narrows the products down, as it stands in the address. */
export interface ProductSearch {
  q?: string | undefined;
  /** Only those of which few are left. */
  low?: "1" | undefined;
}

export function validateProducts(search: Record<string, unknown>): ProductSearch {
  const q = text(search, "q").trim();
  return { ...(q && { q }), ...(text(search, "low") === "1" && { low: "1" }) };
}

/** Names of the states, as the address has them. Written out: an address is read before anything else is loaded. */
export const STATUS_NAMES = [
  "PENDING",
  "RESERVED",
  "COMMITTED",
  "CANCELLED",
  "EXPIRED",
  "REJECTED",
] as const satisfies readonly (keyof typeof ReservationStatus)[];
export type StatusName = (typeof STATUS_NAMES)[number];

export type ReservationSearch = StateAndOrder<StatusName>;

/** Where the lists stood when they were left, to come back to. */
export const lastProducts = createStore<ProductSearch>({});
export const lastReservations = createStore<ReservationSearch>({});
