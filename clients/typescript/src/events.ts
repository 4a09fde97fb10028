import type { Client } from "@connectrpc/connect";
import { Backoff } from "./connection.js";
import type { OrderEvent, OrderService } from "./gen/oms/orders/v1/orders_pb.js";

const WATCH_MS = 60_000;

/**
 * What happens to an order, from the event after this sequence number (0: the first) until nothing can follow. A watch
 * that breaks is resumed after the last event seen, so none is missed or repeated.
 */
export async function* events(
  orders: Client<typeof OrderService>,
  orderId: string,
  after = 0n,
  signal = AbortSignal.timeout(WATCH_MS),
): AsyncGenerator<OrderEvent, void, void> {
  const backoff = new Backoff(signal);
  for (;;) {
    try {
      // No time of its own: the signal ends it.
      const watch = orders.watchOrder({ orderId, afterSequence: after }, { signal, timeoutMs: 0 });
      for await (const { event } of watch) {
        if (event) {
          after = event.sequence;
          backoff.reset();
          yield event;
        }
      }
      return;
    } catch (error) {
      if (!(await backoff.wait(error))) {
        throw error;
      }
    }
  }
}
