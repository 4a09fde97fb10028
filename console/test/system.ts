import { create } from "@bufbuild/protobuf";
import { type ConnectRouter, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import type { Reservation } from "~/gen/oms/inventory/v1/inventory_pb";
import {
  type Order,
  OrderSchema,
  OrderService,
  OrderStatus,
  OrderView,
  WatchOrdersResponseSchema,
} from "~/gen/oms/orders/v1/orders_pb";
import type { Payment } from "~/gen/oms/payments/v1/payments_pb";
import { Inventory } from "./inventory";
import { Kept } from "./kept";
import { anOrder, moved } from "./orders";
import { Payments } from "./payments";

/** A request that changes something. */
export interface Asked {
  readonly method: string;
  readonly requestId: string;
  readonly orderId?: string;
  readonly reason?: string;
}

/** Makes a change once for each key. */
export type Once = <R>(asked: Asked, make: () => R) => Promise<R>;

/** As much of the system as the pages need, in memory. */
export class System {
  /** All changes that were asked for, each attempt, in order. */
  readonly asked: Asked[] = [];
  /** Called before a change is made: it may refuse it, or keep it waiting. */
  before: (asked: Asked) => void | Promise<void> = () => {};
  /** The names of the methods that were called. */
  readonly called: string[] = [];
  /** Called with the name of a method before that is called. It, too, may refuse, or keep waiting. */
  calling: (method: string) => void | Promise<void> = () => {};

  private readonly orders = new Kept("order", (order: Order) => order.orderId);
  private readonly replies = new Map<string, unknown>();
  private readonly once: Once = async (asked, make) => {
    this.asked.push(asked);
    await this.before(asked);
    const reply = this.replies.has(asked.requestId) ? this.replies.get(asked.requestId) : make();
    this.replies.set(asked.requestId, reply);
    return reply as ReturnType<typeof make>;
  };
  readonly payments = new Payments(this.once);
  readonly inventory = new Inventory(this.once);

  constructor(...things: (Order | Payment | Reservation)[]) {
    for (const thing of things) {
      if (thing.$typeName === "oms.orders.v1.Order") this.put(thing);
      else if (thing.$typeName === "oms.payments.v1.Payment") this.payments.put(thing);
      else this.inventory.put(thing);
    }
  }

  /** The order as it is from now on; whoever watches is told. */
  put(order: Order): Order {
    return this.orders.put(order);
  }

  get(orderId: string): Order {
    return this.orders.get(orderId);
  }

  private readonly gate: Interceptor = (next) => async (request) => {
    this.called.push(request.method.name);
    await this.calling(request.method.name);
    return next(request);
  };

  readonly transport = createRouterTransport(
    (router) => {
      this.serveOrders(router);
      this.payments.serve(router);
      this.inventory.serve(router);
    },
    { transport: { interceptors: [this.gate] } },
  );

  private serveOrders({ service }: ConnectRouter): void {
    service(OrderService, {
      listOrders: ({ statuses, customerId }) => ({
        orders: this.orders
          .newestFirst()
          .filter((order) => statuses.length === 0 || statuses.includes(order.status))
          .filter((order) => customerId === "" || order.customerId === customerId)
          .map(basic),
      }),
      getOrder: ({ orderId, view }) => {
        const order = this.get(orderId);
        return { order: view === OrderView.BASIC ? basic(order) : order };
      },
      watchOrders: (_, context) => {
        const news = (order?: Order) => [
          create(WatchOrdersResponseSchema, { position: "p", ...(order && { order: basic(order) }) }),
        ];
        return this.orders.watch(context, news(), news);
      },
      watchOrder: ({ orderId, afterSequence }, context) =>
        this.orders.events(context, orderId, afterSequence),
      getOrderStatistics: () => ({}),
      createOrder: (request) =>
        this.change({ ...request, method: "create" }, () => {
          const { customerId, items, totalAmount, paymentMethod } = request;
          const made = { customerId, items, paymentMethod, ...(totalAmount && { totalAmount }) };
          return anOrder(this.orders.size + 1, made);
        }),
      approveOrder: (request) => this.decide("approve", request, OrderStatus.APPROVED),
      rejectOrder: (request) => this.decide("reject", request, OrderStatus.REJECTED),
      cancelOrder: (request) => this.decide("cancel", request, OrderStatus.CANCELLED),
    });
  }

  private decide(
    method: string,
    request: { requestId: string; orderId: string; reason: string },
    status: OrderStatus,
  ) {
    const { orderId, reason } = request;
    const event = { status, reason, actor: "manager:alice" };
    return this.change({ ...request, method }, () => moved({ ...this.get(orderId), reason }, event));
  }

  private change(asked: Asked, make: () => Order): Promise<{ order: Order }> {
    return this.once(asked, () => ({ order: basic(this.put(make())) }));
  }
}

function basic(order: Order): Order {
  return create(OrderSchema, { ...order, items: [], timeline: [] });
}
