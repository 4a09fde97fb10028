import type { Order } from "~/gen/oms/orders/v1/orders_pb";

/** The order, and what was read of it without its lines. An answer that was overtaken by events says nothing. */
export function withBasic(order: Order, basic: Order): Order {
  return basic.sequence < order.sequence ? order : { ...basic, items: order.items, timeline: order.timeline };
}
