import type { PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { text, words } from "~/lib/search";
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

/** What narrows the list down, as it stands in the address. */
export interface PaymentSearch {
  status?: StatusName | undefined;
  order?: string | undefined;
}

export function validateSearch(search: Record<string, unknown>): PaymentSearch {
  const status = words(text(search, "status"), STATUS_NAMES)[0];
  const order = text(search, "order").trim();
  return { ...(status && { status }), ...(order && { order }) };
}

/** Where the list stood when it was left, to come back to. */
export const lastSearch = createStore<PaymentSearch>({});
