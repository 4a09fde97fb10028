import type { PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import type { StateAndOrder } from "~/lib/search";
import { createStore } from "~/lib/store";

/**
 * Names of the states, as the address has them. Written out: an address is read before anything of payments is
 * loaded.
 */
export const STATUS_NAMES = [
  "PENDING",
  "PROCESSING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "PARTIALLY_REFUNDED",
  "REFUNDED",
] as const satisfies readonly (keyof typeof PaymentStatus)[];
export type StatusName = (typeof STATUS_NAMES)[number];

export type PaymentSearch = StateAndOrder<StatusName>;

/** Where the list stood when it was left, to come back to. */
export const lastSearch = createStore<PaymentSearch>({});
