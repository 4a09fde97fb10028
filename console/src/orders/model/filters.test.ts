import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { OrderSchema, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { parseSearch, stringifySearch } from "~/lib/search";
import { filterOf, listRequest, matches, validateSearch } from "./filters";

const read = (address: string) => validateSearch(parseSearch(address));

describe("filters", () => {
  it("stand in the address, readable, and survive it", () => {
    const search = read(
      "?status=CREATED,PENDING_APPROVAL&customer=CUST 1&from=2026-03-01T08:00:00.000Z&order=oldest",
    );
    const address = stringifySearch({ ...search });
    expect(address).toBe(
      "?status=CREATED,PENDING_APPROVAL&customer=CUST+1&from=2026-03-01T08:00:00.000Z&order=oldest",
    );
    expect(read(address)).toEqual(search);
  });

  it("leave out what is not known", () => {
    expect(read("?status=NONE,SHIPPED&range=year&from=tomorrow&order=x&q=  ")).toEqual({ status: "SHIPPED" });
  });

  it("ask the system for the same", () => {
    const request = listRequest(filterOf(read("?status=SHIPPED&q=ord_12&range=hour"), 3_600_000), 100, "t");
    expect(request).toMatchObject({ statuses: [OrderStatus.SHIPPED], search: "ord_12", pageToken: "t" });
    expect(request.createTimeFrom?.seconds).toBe(0n);
    expect(request.createTimeUntil).toBeUndefined();
  });

  it("judge what the stream tells by the same rules", () => {
    const order = create(OrderSchema, {
      orderId: `ord_${"0194abcd".padEnd(32, "0")}`,
      customerId: "CUST1",
      trackingNumber: "JD1",
      status: OrderStatus.SHIPPED,
      createTime: { seconds: 100n },
    });
    const fits = (address: string) => matches(filterOf(read(address)), order);
    expect(fits("")).toBe(true);
    expect(fits("?status=SHIPPED,CREATED")).toBe(true);
    expect(fits("?status=CREATED")).toBe(false);
    expect(fits("?q=0194ABCD")).toBe(true);
    expect(fits("?q=ord_0194")).toBe(true);
    // Three digits are too few for an id, and nobody's name.
    expect(fits("?q=019")).toBe(false);
    expect(fits("?q=JD1")).toBe(true);
    expect(fits("?q=CUST")).toBe(false);
    expect(fits("?customer=CUST1&until=1970-01-01T00:01:40.000Z")).toBe(false);
    expect(fits("?from=1970-01-01T00:01:40.000Z")).toBe(true);
  });
});
