import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type Order,
  OrderEventKind,
  OrderEventSchema,
  OrderSchema,
  OrderStatus,
  PaymentMethod,
} from "~/gen/oms/orders/v1/orders_pb";
import { money, toWire } from "~/lib/money";
import { timestamp } from "~/lib/time";
import { refused } from "./refusals";

/** When all orders of tests begin; each event comes a minute after the one before. */
export const BEGINNING = Date.UTC(2026, 2, 3, 10, 0, 0);

export const idOf = (n: number) => `ord_${digits(n)}`;
/** What ids end with. */
export const digits = (n: number) => `${n}`.padStart(32, "0");
/** So many minutes after the beginning. */
export const at = (minute: number) => create(TimestampSchema, timestamp(BEGINNING + minute * 60_000));

type Happened = Omit<MessageInitShape<typeof OrderEventSchema>, "sequence" | "createTime">;

/** An order that these things have happened to; the last says where it stands. */
export function anOrder(
  n: number,
  { happened = [], ...rest }: MessageInitShape<typeof OrderSchema> & { happened?: Happened[] } = {},
): Order {
  const made = create(OrderSchema, {
    orderId: idOf(n),
    customerId: `CUST-${n}`,
    items: [{ productId: "PROD-001", quantity: 1n, price: dollars(10n) }],
    totalAmount: dollars(10n),
    paymentMethod: PaymentMethod.CREDIT_CARD,
    createTime: at(0),
    ...rest,
  });
  const history: Happened[] = [{ status: OrderStatus.CREATED, actor: "customer:shop" }, ...happened];
  return history.reduce(moved, made);
}

/** The order after one thing more. */
export function moved(before: Order, event: Happened): Order {
  const order = clone(OrderSchema, before);
  order.sequence += 1n;
  order.status = event.status ?? before.status;
  order.updateTime = at(Number(before.sequence));
  const { kind = OrderEventKind.STATUS_CHANGED, actor = "system", reason = "" } = event;
  order.timeline.push(
    create(OrderEventSchema, {
      kind,
      actor,
      reason,
      status: order.status,
      sequence: order.sequence,
      createTime: order.updateTime,
    }),
  );
  return order;
}

/** Valid, and waits for somebody to decide. */
export function waiting(n: number, rest: MessageInitShape<typeof OrderSchema> = {}): Order {
  const happened = [{ status: OrderStatus.VALIDATION_PENDING }, { status: OrderStatus.PENDING_APPROVAL }];
  return anOrder(n, { ...rest, happened });
}

export const dollars = (units: bigint) => toWire(money("USD", units * 1_000_000_000n));

/** What the service says of a decision that another was faster with. */
export const tooLate = (orderId: string, state: string) =>
  refused("ORDER_STATE", `order ${orderId} is ${state}`, { state });
