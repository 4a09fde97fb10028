import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import { InventoryService, type ProductSchema } from "~/gen/oms/inventory/v1/inventory_pb";
import {
  type Order,
  OrderSchema,
  OrderService,
  OrderStatus,
  OrderView,
  WatchOrderResponseSchema,
  WatchOrdersResponseSchema,
} from "~/gen/oms/orders/v1/orders_pb";
import { PaymentService } from "~/gen/oms/payments/v1/payments_pb";
import { anOrder, moved } from "./orders";

/** A request that changes something. */
export interface Asked {
  readonly method: string;
  readonly requestId: string;
  readonly orderId?: string;
  readonly reason?: string;
}

/** As much of the system as the order pages need, in memory. */
export class System {
  /** All that was asked for, each attempt, in order. */
  readonly asked: Asked[] = [];
  products: MessageInitShape<typeof ProductSchema>[] = [];
  /** Called before a change is made: it may refuse it, or keep it waiting. */
  before: (asked: Asked) => void | Promise<void> = () => {};
  private readonly orders = new Map<string, Order>();
  private readonly replies = new Map<string, Order>();
  private readonly watchers = new Set<(order: Order) => void>();

  constructor(...orders: Order[]) {
    for (const order of orders) this.orders.set(order.orderId, order);
  }

  /** The order as it is from now on; whoever watches is told. */
  put(order: Order): Order {
    this.orders.set(order.orderId, order);
    for (const tell of this.watchers) tell(order);
    return order;
  }

  get(orderId: string): Order {
    const order = this.orders.get(orderId);
    if (!order) throw new ConnectError(`there is no order ${orderId}`, Code.NotFound);
    return order;
  }

  readonly transport = createRouterTransport(({ service }) => {
    service(OrderService, {
      listOrders: ({ statuses, customerId }) => ({
        orders: [...this.orders.values()]
          .filter((order) => statuses.length === 0 || statuses.includes(order.status))
          .filter((order) => customerId === "" || order.customerId === customerId)
          .sort((a, b) => (a.orderId < b.orderId ? 1 : -1))
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
        return this.watch(context, news(), news);
      },
      watchOrder: ({ orderId, afterSequence }, context) => {
        let told = afterSequence;
        const news = (order: Order) => {
          if (order.orderId !== orderId) return [];
          const events = order.timeline.filter(({ sequence }) => sequence > told);
          told = order.sequence;
          return events.map((event) => create(WatchOrderResponseSchema, { event }));
        };
        return this.watch(context, news(this.get(orderId)), news);
      },
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
    service(InventoryService, {
      listProducts: () => ({ products: this.products }),
      batchGetProducts: () => ({ products: this.products }),
      getReservation: ({ reservationId }) => ({ reservation: { reservationId } }),
    });
    service(PaymentService, { getPayment: ({ paymentId }) => ({ payment: { paymentId } }) });
  });

  private decide(
    method: string,
    request: { requestId: string; orderId: string; reason: string },
    status: OrderStatus,
  ) {
    const { orderId, reason } = request;
    const event = { status, reason, actor: "manager:alice" };
    return this.change({ ...request, method }, () => moved({ ...this.get(orderId), reason }, event));
  }

  /** Makes a change once for each key. */
  private async change(asked: Asked, make: () => Order): Promise<{ order: Order }> {
    this.asked.push(asked);
    await this.before(asked);
    const known = this.replies.get(asked.requestId);
    const order = known ?? this.put(make());
    this.replies.set(asked.requestId, order);
    return { order: basic(order) };
  }

  private watch<M>({ signal }: HandlerContext, first: M[], news: (order: Order) => M[]): AsyncIterable<M> {
    const stream = new ReadableStream<M>({
      start: (to) => {
        const tell = (messages: M[]) => messages.forEach((message) => void to.enqueue(message));
        const watcher = (order: Order) => tell(news(order));
        tell(first);
        this.watchers.add(watcher);
        signal.addEventListener("abort", () => this.watchers.delete(watcher));
      },
    });
    return stream as AsyncIterable<M>;
  }
}

function basic(order: Order): Order {
  return create(OrderSchema, { ...order, items: [], timeline: [] });
}
