import type { DescService } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { Role } from "~/api/roles";
import { InventoryService } from "~/gen/oms/inventory/v1/inventory_pb";
import {
  type Order,
  OrderEventKind,
  OrderService,
  OrderStatus,
  PaymentMethod,
} from "~/gen/oms/orders/v1/orders_pb";
import { PaymentService } from "~/gen/oms/payments/v1/payments_pb";
import { newKey } from "~/lib/ids";
import { CONTROL, SIDE_DOOR, TOKEN } from "./settings";

/** On a machine that has much to do a part may not answer at once. Every request has its key, so it can be repeated. */
const patient: Interceptor = (next) => async (request) => {
  for (let pause = 250; ; pause *= 2) {
    try {
      return await next(request);
    } catch (error) {
      const passes = ConnectError.from(error).code === Code.Unavailable && pause < 5_000;
      if (request.stream || !passes) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
};

function client<S extends DescService>(service: S, role: Role): Client<S> {
  const transport = createGrpcWebTransport({
    baseUrl: SIDE_DOOR,
    interceptors: [
      patient,
      (next) => (request) => {
        if (TOKEN) request.header.set("authorization", `Bearer ${TOKEN}`);
        else request.header.set("oms-local-role", role);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}

/** The system without the page, to see what is true. */
export const orders = client(OrderService, "manager");
const warehouse = client(OrderService, "warehouse");
export const payments = client(PaymentService, "finance");
export const inventory = client(InventoryService, "warehouse");

export const usd = (units: number, cents = 0) => ({
  currencyCode: "USD",
  units: BigInt(units),
  nanos: cents * 10_000_000,
});

export interface Wanted {
  readonly customer: string;
  readonly product?: string;
  readonly quantity?: number;
  /** In whole dollars. */
  readonly price?: number;
  readonly method?: PaymentMethod;
}

/** An order that waits for approval. */
export async function waitingOrder({
  customer,
  product = "PROD-002",
  quantity = 1,
  price = 100,
  method = PaymentMethod.CREDIT_CARD,
}: Wanted): Promise<string> {
  const { order } = await orders.createOrder({
    requestId: newKey(),
    customerId: customer,
    items: [{ productId: product, quantity: BigInt(quantity), price: usd(price) }],
    totalAmount: usd(price * quantity),
    paymentMethod: method,
  });
  const id = order?.orderId ?? "";
  await until(id, OrderStatus.PENDING_APPROVAL);
  return id;
}

export async function orderOf(orderId: string): Promise<Order> {
  const { order } = await orders.getOrder({ orderId });
  if (!order) throw new Error(`there is no order ${orderId}`);
  return order;
}

/** Follows the order until it has had this status, or until something has happened in it. A stream that breaks is resumed. */
export async function until(orderId: string, status: OrderStatus, kind?: OrderEventKind): Promise<void> {
  let afterSequence = 0n;
  for (let breaks = 0; ; breaks++) {
    try {
      for await (const { event } of orders.watchOrder({ orderId, afterSequence })) {
        if (event?.status === status && (kind ?? event.kind) === event.kind) return;
        afterSequence = event?.sequence ?? afterSequence;
      }
      break;
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable || breaks === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  throw new Error(`${orderId} ended without ${OrderStatus[status]}`);
}

/** Decides without the page. */
export async function decide(action: "approve" | "reject", orderId: string, reason = ""): Promise<void> {
  const request = { orderId, requestId: newKey(), reason };
  await (action === "approve" ? orders.approveOrder(request) : orders.rejectOrder(request));
}

/** An order of which everything but the shipping is done. */
export async function processingOrder(wanted: Wanted): Promise<string> {
  const orderId = await waitingOrder(wanted);
  await decide("approve", orderId);
  await until(orderId, OrderStatus.PROCESSING);
  return orderId;
}

/** The same, cancelled, and undone. */
export async function cancelledOrder(wanted: Wanted): Promise<string> {
  const orderId = await processingOrder(wanted);
  await orders.cancelOrder({ orderId, requestId: newKey(), reason: "ordered twice" });
  await until(orderId, OrderStatus.CANCELLED, OrderEventKind.SETTLED);
  return orderId;
}

/** An order that has gone all the way. */
export async function deliveredOrder(wanted: Wanted): Promise<string> {
  const orderId = await processingOrder(wanted);
  const parcel = { carrier: "DHL", trackingNumber: "JD0142" };
  await warehouse.shipOrder({ orderId, requestId: newKey(), ...parcel });
  await warehouse.deliverOrder({ orderId, requestId: newKey() });
  return orderId;
}

/** How often the order has come into a state. */
export async function timesIn(orderId: string, status: OrderStatus): Promise<number> {
  const { timeline } = await orderOf(orderId);
  return timeline.filter((event) => event.kind === OrderEventKind.STATUS_CHANGED && event.status === status)
    .length;
}

/** The payment of an order that has one. */
export async function paymentOf(orderId: string) {
  const { paymentId } = await orderOf(orderId);
  const { payment } = await payments.getPayment({ paymentId });
  if (!payment) throw new Error(`${orderId} has no payment`);
  return payment;
}

type Process = "orders" | "gateway";

/** SIGKILL, or a new start at the same address; it returns when that is done. */
export async function control(process: Process, action: "kill" | "start"): Promise<void> {
  const reply = await fetch(`${CONTROL}/${process}/${action}`, { method: "POST" });
  if (!reply.ok) throw new Error(`${action} ${process}: ${reply.status} ${await reply.text()}`);
}
