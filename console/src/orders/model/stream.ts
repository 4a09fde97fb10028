import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef } from "react";
import { followed } from "~/api/connection";
import { useCan } from "~/api/permissions";
import { type Order, OrderService, type WatchOrdersResponse } from "~/gen/oms/orders/v1/orders_pb";
import { byPosition, Watch } from "~/lib/watch";

export interface Listener {
  /** An order as it is now. */
  onOrder(order: Order): void;
  /** What is listed may have gaps: list anew. */
  onGap(): void;
  /** From now on nothing is missed. */
  onReady(): void;
}

/** When nothing changes the service sends the position all the same: `QUIET` in `crates/service/src/feed/stream.rs`. */
const HEARTBEAT_MS = 5_000;
/** So many in a row are not late: nobody is there any more. */
const MISSED_HEARTBEATS = 3;

/** So long the stream is kept for whoever comes back to the list. */
const LINGER_MS = 20_000;

/**
 * One stream for the whole page, whatever its lists show: a browser has few connections, and a list that knows of all
 * changes can tell by itself which concern it. It has no filter of states, because an order that a list has from
 * elsewhere must be told of when it leaves its state.
 */
class OrderStream {
  private readonly listeners = new Set<Listener>();
  private watch: Watch<WatchOrdersResponse, string> | undefined;
  private end: (() => void) | undefined;
  private lingering: ReturnType<typeof setTimeout> | undefined;
  private ready = false;

  constructor(private readonly client: Client<typeof OrderService>) {}

  follow(listener: Listener): () => void {
    clearTimeout(this.lingering);
    this.listeners.add(listener);
    if (this.watch) {
      if (this.ready) listener.onReady();
    } else {
      this.begin();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.lingering = setTimeout(() => this.stop(), LINGER_MS);
      }
    };
  }

  stop(): void {
    clearTimeout(this.lingering);
    this.end?.();
    this.end = undefined;
    this.watch = undefined;
    this.ready = false;
  }

  private begin(): void {
    const source = byPosition(
      (afterPosition, signal, opened) =>
        this.client.watchOrders({ afterPosition }, { signal, onHeader: opened, timeoutMs: 0 }),
      MISSED_HEARTBEATS * HEARTBEAT_MS,
    );
    this.watch = new Watch(source, (message) => this.deliver(message));
    this.end = followed("orders", this.watch);
    this.watch.start();
  }

  private deliver({ order, listAgain }: WatchOrdersResponse): void {
    for (const listener of [...this.listeners]) {
      if (!this.ready) listener.onReady();
      if (listAgain) listener.onGap();
      if (order) listener.onOrder(order);
    }
    this.ready = true;
  }
}

interface Current {
  readonly transport: Transport;
  readonly who: string;
  readonly stream: OrderStream;
}

let current: Current | undefined;

/** The stream of whoever is at the page now. */
function streamFor(transport: Transport, who: string): OrderStream {
  if (current?.transport !== transport || current.who !== who) {
    current?.stream.stop();
    current = { transport, who, stream: new OrderStream(createClient(OrderService, transport)) };
  }
  return current.stream;
}

/** Follows all orders, where the role may. */
export function useOrderStream(listener: Listener, who: string, key: unknown): boolean {
  const transport = useTransport();
  const allowed = useCan()("OrdersWatchOrders");
  const latest = useRef(listener);
  latest.current = listener;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list asks anew whether the stream is ready
  useEffect(() => {
    if (!allowed) {
      return;
    }
    return streamFor(transport, who).follow({
      onOrder: (order) => latest.current.onOrder(order),
      onGap: () => latest.current.onGap(),
      onReady: () => latest.current.onReady(),
    });
  }, [transport, who, allowed, key]);
  return allowed;
}
