import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { OrderStatus, OrderStatusCountSchema } from "~/gen/oms/orders/v1/orders_pb";
import { countOf, ENDS, STATIONS, widths } from "./states";

const count = (status: OrderStatus, orders: bigint) => create(OrderStatusCountSchema, { status, orders });

describe("orders by state", () => {
  it("are all somewhere, once", () => {
    const named = [...STATIONS.flatMap(({ statuses }) => [...statuses]), ...ENDS];
    const all = Object.keys(OrderStatus).filter(
      (name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
    );
    expect([...named].sort()).toEqual(all.sort());
  });

  it("are counted by station", () => {
    const counts = [count(OrderStatus.APPROVED, 2n), count(OrderStatus.PAYMENT_PENDING, 3n)];
    expect(countOf(counts, ["APPROVED", "PAYMENT_PENDING", "PAYMENT_COMPLETED"])).toBe(5n);
    expect(countOf(counts, ["SHIPPED"])).toBe(0n);
  });

  it("fill a bar in which nothing disappears", () => {
    const bar = widths([1n, 0n, 999_999n]);
    expect(bar[0]).toBeGreaterThan(1);
    expect(bar[1]).toBe(0);
    expect(bar.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100);
    expect(widths([0n, 0n])).toEqual([0, 0]);
  });
});
