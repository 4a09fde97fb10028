import { createConnectQueryKey, useQuery, useTransport } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { useClient } from "~/api/clients";
import { useWatch } from "~/api/connection";
import { type Order, OrderService, OrderView } from "~/gen/oms/orders/v1/orders_pb";
import { withEvents } from "~/lib/events";
import { isPassing, refusalOf } from "~/lib/refusal";
import { bySequence, type WatchState } from "~/lib/watch";
import { withBasic } from "../model/basic";

/** What could not be read is read again after so long, if nobody says when. */
const AGAIN_MS = 1_000;

export interface LiveOrder {
  readonly order: Order | undefined;
  readonly error: unknown;
  readonly reload: () => void;
  readonly watch: WatchState;
}

/**
 * An order as it is now. It is read whole once; afterwards its events come by the stream, and what else changes is read
 * without the lines, of which there may be ten thousand.
 */
export function useOrder(orderId: string): LiveOrder {
  const transport = useTransport();
  const queries = useQueryClient();
  const client = useClient(OrderService);
  const { data, error, refetch } = useQuery(
    OrderService.method.getOrder,
    { orderId },
    { staleTime: Number.POSITIVE_INFINITY, refetchOnMount: "always" },
  );
  const order = data?.order;

  const update = useCallback(
    (change: (before: Order) => Order) => {
      const queryKey = createConnectQueryKey({
        schema: OrderService.method.getOrder,
        input: { orderId },
        transport,
        cardinality: "finite",
      });
      queries.setQueryData(queryKey, (before) => before?.order && { ...before, order: change(before.order) });
    },
    [queries, transport, orderId],
  );

  const reading = useRef({ running: false, again: false, later: 0, shown: false });
  useEffect(() => {
    const state = reading.current;
    state.shown = true;
    return () => {
      state.shown = false;
      clearTimeout(state.later);
    };
  }, []);
  const readBasic = useCallback(
    async function read(): Promise<void> {
      const state = reading.current;
      clearTimeout(state.later);
      if (state.running) {
        state.again = true;
        return;
      }
      state.running = true;
      try {
        do {
          state.again = false;
          const { order: basic } = await client.getOrder({ orderId, view: OrderView.BASIC });
          if (basic) {
            update((before) => withBasic(before, basic));
          }
        } while (state.again);
      } catch (error) {
        // The stream may have nothing more to tell, and then nothing else would lead to reading it.
        const refusal = refusalOf(error);
        if (state.shown && isPassing(refusal)) {
          state.later = window.setTimeout(() => void read(), refusal.retryAfterMs ?? AGAIN_MS);
        }
      } finally {
        state.running = false;
      }
    },
    [client, orderId, update],
  );

  const watch = useWatch(order ? orderId : undefined, {
    source: () =>
      bySequence(
        (afterSequence, signal, opened) =>
          client.watchOrder({ orderId, afterSequence }, { signal, onHeader: opened, timeoutMs: 0 }),
        (message) => message.event?.sequence,
      ),
    from: order?.timeline.at(-1)?.sequence,
    onMessage: ({ event }) => {
      if (event) {
        update((before) => withEvents(before, [event]));
        void readBasic();
      }
    },
  });

  return { order, error: order ? undefined : error, reload: () => void refetch(), watch };
}
