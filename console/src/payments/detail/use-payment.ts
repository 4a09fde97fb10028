import type { ConnectError } from "@connectrpc/connect";
import { createConnectQueryKey, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "~/api/clients";
import { useWatch } from "~/api/connection";
import {
  type Payment,
  type PaymentEvent,
  PaymentEventKind,
  PaymentService,
} from "~/gen/oms/payments/v1/payments_pb";
import { mergeEvents } from "~/lib/events";
import { bySequence } from "~/lib/watch";

/** Events come in twos and threes; what they changed is asked for once. */
const PAUSE_MS = 80;

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
  const [heard, setHeard] = useState<readonly PaymentEvent[]>([]);

  const refresh = useCallback(() => {
    const { getPayment, listRefunds, listLedgerEntries } = PaymentService.method;
    const keys = [
      createConnectQueryKey({ schema: getPayment, input: { paymentId }, cardinality: "finite" }),
      createConnectQueryKey({ schema: listLedgerEntries, input: { paymentId }, cardinality: "finite" }),
      createConnectQueryKey({ schema: listRefunds, cardinality: undefined }),
    ];
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  }, [queries, paymentId]);

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const known = data?.payment;
  useWatch(known && paymentId, {
    from: known?.sequence,
    source: () =>
      bySequence(
        (afterSequence, signal, onHeader) =>
          client.watchPayment({ paymentId, afterSequence }, { signal, onHeader, timeoutMs: 0 }),
        ({ event }) => event?.sequence,
      ),
    onMessage: ({ event }) => {
      if (!event) {
        return;
      }
      setHeard((before) => mergeEvents(before, [event]));
      clearTimeout(timer.current);
      timer.current = setTimeout(refresh, PAUSE_MS);
    },
  });

  return { payment: known && withEvents(known, heard), error, retry: () => void refetch(), refresh };
}

/** What was read, and what was heard since. */
function withEvents(payment: Payment, heard: readonly PaymentEvent[]): Payment {
  const timeline = mergeEvents(payment.timeline, heard);
  const last = timeline.at(-1);
  if (!last || last.sequence <= payment.sequence) {
    return payment;
  }
  const changed = timeline.findLast(({ kind }) => kind === PaymentEventKind.STATUS_CHANGED);
  return { ...payment, timeline: [...timeline], status: changed?.status ?? payment.status };
}
