import type { ConnectError } from "@connectrpc/connect";
import { createConnectQueryKey, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useClient } from "~/api/clients";
import { useHeard } from "~/api/heard";
import { type Payment, PaymentService } from "~/gen/oms/payments/v1/payments_pb";
import { withEvents } from "~/lib/events";

export interface LivePayment {
  readonly payment: Payment | undefined;
  readonly error: ConnectError | null;
  readonly retry: () => void;
  /** Asks anew for everything that is known of the payment. */
  readonly refresh: () => void;
}

/** A payment as it is now: its events are heard, and what they do not say is asked for after them. */
export function usePayment(paymentId: string): LivePayment {
  const client = useClient(PaymentService);
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(PaymentService.method.getPayment, { paymentId });

  const refresh = useCallback(() => {
    const { getPayment, listRefunds, listLedgerEntries } = PaymentService.method;
    const keys = [
      createConnectQueryKey({ schema: getPayment, input: { paymentId }, cardinality: "finite" }),
      createConnectQueryKey({ schema: listLedgerEntries, input: { paymentId }, cardinality: "finite" }),
      createConnectQueryKey({ schema: listRefunds, cardinality: undefined }),
    ];
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  }, [queries, paymentId]);

  const known = data?.payment;
  const heard = useHeard(
    known && paymentId,
    known?.sequence,
    (afterSequence, signal, onHeader) =>
      client.watchPayment({ paymentId, afterSequence }, { signal, onHeader, timeoutMs: 0 }),
    refresh,
  );

  return { payment: known && withEvents(known, heard), error, retry: () => void refetch(), refresh };
}
