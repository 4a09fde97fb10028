import { describe, expect, it } from "vitest";
import { OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { anOrder, moved, waiting } from "../../../test/orders";
import { withBasic } from "./basic";

describe("what is read without the lines", () => {
  it("is what changed, and leaves lines and history", () => {
    const order = waiting(1);
    const basic = {
      ...moved(order, { status: OrderStatus.REJECTED }),
      reason: "twice",
      items: [],
      timeline: [],
    };
    const { items, timeline, reason, status } = withBasic(order, basic);
    expect([items, timeline, reason, status]).toEqual([
      order.items,
      order.timeline,
      "twice",
      OrderStatus.REJECTED,
    ]);
  });

  it("is nothing if more was heard meanwhile", () => {
    const order = waiting(1);
    expect(withBasic(order, { ...anOrder(1), items: [], timeline: [] })).toBe(order);
  });
});
