// Takes an order from its creation to its delivery, is refused, and loses a reply.

import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { MoneySchema } from "./gen/google/type/money_pb.js";
import {
  CreateOrderRequestSchema,
  OrderEventKind,
  OrderService,
  OrderStatus,
  OrderView,
  PaymentMethod,
  type CreateOrderRequest,
  type CreateOrderResponse,
} from "./gen/oms/orders/v1/orders_pb.js";
import { connect, events, Reason, refusalOf, type Refusal } from "./index.js";

type Orders = Client<typeof OrderService>;

/** A network that fails at the worst moment: an order has been created, and its reply is on the way. */
class Lossy {
  armed = false;
  lost?: string;

  readonly lose: Interceptor = (next) => async (request) => {
    const response = await next(request);
    if (this.armed && !response.stream && response.method === OrderService.method.createOrder) {
      this.armed = false;
      this.lost = orderId(response.message as CreateOrderResponse);
      throw new ConnectError("the connection broke", Code.Unavailable);
    }
    return response;
  };
}

async function main(address = "localhost:8000"): Promise<void> {
  const network = new Lossy();
  const orders = createClient(OrderService, connect(`http://${address}`, network.lose));
  await deliver(orders);
  await invalid(orders);
  await repeat(orders, network);
}

/** Takes an order all the way. */
async function deliver(orders: Orders): Promise<void> {
  const id = orderId(await orders.createOrder(laptop()));
  console.log("created", id);
  let seen = await until(orders, id, 0n, OrderStatus.PENDING_APPROVAL);
  await orders.approveOrder({ orderId: id, requestId: key() });
  console.log("approved");
  // Under another key this is another decision, and too late.
  const refusal = await refused(orders.approveOrder({ orderId: id, requestId: key() }), Reason.orderState);
  console.log(`refused ${refusal.reason}: it is ${refusal.metadata.state} already`);
  seen = await until(orders, id, seen, OrderStatus.PROCESSING);
  await orders.shipOrder({ orderId: id, carrier: "DHL", trackingNumber: "JD0123456789", requestId: key() });
  await orders.deliverOrder({ orderId: id, requestId: key() });
  await until(orders, id, seen, OrderStatus.DELIVERED);
  const { order } = await orders.getOrder({ orderId: id, view: OrderView.BASIC });
  console.log("delivered", id, "paid by", order?.paymentId);
}

/** Prints the order's events until it has the status; returns the number of the last. */
async function until(orders: Orders, id: string, after: bigint, status: OrderStatus): Promise<bigint> {
  for await (const event of events(orders, id, after)) {
    console.log(`  ${event.sequence} ${OrderStatus[event.status]} ${OrderEventKind[event.kind]}`);
    if (event.status === status) {
      return event.sequence;
    }
  }
  throw new Error(`order ${id} ended without ${OrderStatus[status]}`);
}

/** Sends an order with two fields at fault and reads which. */
async function invalid(orders: Orders): Promise<void> {
  const request = laptop();
  request.customerId = "";
  request.items.forEach((item) => (item.quantity = 0n));
  const refusal = await refused(orders.createOrder(request), Reason.invalidFields);
  console.log("refused", refusal.reason);
  for (const { field, description } of refusal.violations) {
    console.log(`  ${field}: ${description}`);
  }
}

/**
 * Loses the reply to a creation. The repetition, by the connection, has the same key and finds the same order.
 */
async function repeat(orders: Orders, network: Lossy): Promise<void> {
  network.armed = true;
  let replayed: string | null = null;
  const onHeader = (headers: Headers) => {
    replayed = headers.get("idempotent-replayed");
  };
  const id = orderId(await orders.createOrder(laptop(), { onHeader }));
  if (id !== network.lost || replayed !== "true") {
    throw new Error(`a second order was made: ${network.lost} and ${id}`);
  }
  console.log("lost the reply about", network.lost);
  console.log("replayed", id);
  await orders.cancelOrder({ orderId: id, reason: "an example", requestId: key() });
}

/** The refusal of a call, which must be for this reason. */
async function refused(call: Promise<unknown>, reason: string): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal?.reason === reason) {
      return refusal;
    }
    throw error;
  }
  throw new Error(`the call was not refused with ${reason}`);
}

const price = create(MoneySchema, { currencyCode: "USD", units: 1299n, nanos: 990_000_000 });

function laptop(): CreateOrderRequest {
  return create(CreateOrderRequestSchema, {
    requestId: key(),
    customerId: "CUST-TYPESCRIPT",
    items: [{ productId: "PROD-001", quantity: 1n, price }],
    totalAmount: price,
    paymentMethod: PaymentMethod.CREDIT_CARD,
  });
}

/** An idempotency key: one for each thing to be done, however often it is asked for. */
function key(): string {
  return randomUUID();
}

function orderId(created: CreateOrderResponse): string {
  if (!created.order) {
    throw new Error("a reply without an order");
  }
  return created.order.orderId;
}

await main(process.argv[2]);
