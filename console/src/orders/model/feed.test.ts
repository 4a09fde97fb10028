import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it } from "vitest";
import { type Order, OrderSchema, OrderStatus as S } from "~/gen/oms/orders/v1/orders_pb";
import { type Answer, Feed } from "./feed";
import { type Filter, filterOf, matches } from "./filters";

const id = (n: number) => `ord_${n.toString(16).padStart(32, "0")}`;

/** A system with orders 1 to n, which answers pages of ten. */
class System {
  readonly orders = new Map<string, Order>();
  readonly asked: string[] = [];
  failing = false;

  constructor(n: number) {
    for (let i = 1; i <= n; i++) this.put(i, S.PENDING_APPROVAL, 1n);
  }

  put(n: number, status: S, sequence: bigint): Order {
    const order = create(OrderSchema, { orderId: id(n), status, sequence });
    this.orders.set(order.orderId, order);
    return order;
  }

  list(filter: Filter) {
    return async (token: string): Promise<Answer> => {
      this.asked.push(token);
      if (this.failing) throw new Error("away");
      const all = [...this.orders.values()].filter((o) => matches(filter, o));
      all.sort((a, b) => (a.orderId < b.orderId === filter.oldestFirst ? -1 : 1));
      const from = all.filter((o) => !token || o.orderId < token !== filter.oldestFirst);
      const orders = from.slice(0, 10);
      return { orders, next: from.length > 10 ? (orders.at(-1)?.orderId ?? "") : "" };
    };
  }
}

const shown = (feed: Feed) => {
  const { rows } = feed.state.get();
  return Array.from({ length: rows.count }, (_, i) =>
    Number.parseInt(rows.at(i)?.orderId.slice(4) ?? "0", 16),
  );
};
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

describe("the feed of orders", () => {
  let system: System;
  const pending = filterOf({ status: "PENDING_APPROVAL" });
  const open = (filter: Filter) => new Feed(filter, system.list(filter), (run) => run());

  beforeEach(() => {
    system = new System(100);
  });

  it("goes on as far as one looks, and no further", async () => {
    const feed = open(filterOf({}));
    await feed.load();
    expect(shown(feed)).toEqual(down(100, 91));
    for (let i = 0; i < 20; i++) await feed.look(0, feed.state.get().rows.count - 1);
    expect(shown(feed)).toEqual(down(100, 1));
    expect(feed.state.get().more).toBe(false);
    expect(new Set(system.asked).size).toBe(system.asked.length);
  });

  it("takes what is newer and drops what is older", async () => {
    const feed = open(filterOf({}));
    await feed.load();
    feed.merge(system.put(95, S.APPROVED, 3n));
    feed.merge(system.put(95, S.PENDING_APPROVAL, 2n));
    expect(feed.get(id(95))?.status).toBe(S.APPROVED);
  });

  it("puts new orders on top and counts them until somebody looks", async () => {
    const feed = open(filterOf({}));
    await feed.load();
    feed.merge(system.put(101, S.CREATED, 1n));
    feed.merge(system.put(102, S.CREATED, 1n));
    feed.merge(system.put(102, S.CREATED, 1n));
    expect(shown(feed).slice(0, 3)).toEqual([102, 101, 100]);
    expect(feed.state.get().fresh).toBe(2);
    feed.seeTop();
    expect(feed.state.get().fresh).toBe(0);
  });

  it("puts an order that comes into the list where it belongs, but not beyond what is known", async () => {
    system.put(95, S.APPROVED, 1n);
    system.put(50, S.APPROVED, 1n);
    const feed = open(pending);
    await feed.load();
    feed.merge(system.put(95, S.PENDING_APPROVAL, 2n));
    feed.merge(system.put(50, S.PENDING_APPROVAL, 2n));
    expect(shown(feed)).toEqual(down(100, 90));
    expect(feed.state.get().fresh).toBe(0);
    expect(feed.state.get().rows.indexOf?.(id(95))).toBe(5);
    expect(feed.state.get().rows.indexOf?.(id(50))).toBe(-1);
  });

  it("leaves what no longer fits in its place until it is tidied up", async () => {
    const feed = open(pending);
    await feed.load();
    feed.merge(system.put(97, S.APPROVED, 2n));
    expect(shown(feed)).toEqual(down(100, 91));
    expect([...feed.state.get().left]).toEqual([id(97)]);
    await feed.load();
    expect(shown(feed).slice(0, 5)).toEqual(down(100, 96));
    feed.tidy();
    expect(shown(feed).slice(0, 5)).toEqual([100, 99, 98, 96, 95]);
  });

  it("lets go of what is far away and gets it again", async () => {
    system = new System(1_000);
    const feed = open(filterOf({}));
    await feed.load();
    for (let i = 0; i < 60; i++) await feed.look(i * 10, i * 10 + 9);
    expect(feed.state.get().rows.at(5)).toBeUndefined();
    expect(feed.state.get().rows.indexOf?.(id(995))).toBe(5);
    system.put(995, S.REJECTED, 5n);
    await feed.look(0, 9);
    expect(feed.state.get().rows.at(5)?.status).toBe(S.REJECTED);
  });

  it("brings a page that it lists again in line, with more and with fewer orders in it", async () => {
    const feed = open(pending);
    await feed.load();
    await feed.look(0, 9);
    await feed.look(10, 19);
    const before = shown(feed);
    expect(before).toEqual(down(100, 71));
    // While nobody listened: three went, and twelve came on top.
    for (const n of [99, 85, 84]) system.put(n, S.APPROVED, 9n);
    for (let n = 101; n <= 112; n++) system.put(n, S.PENDING_APPROVAL, 1n);
    await feed.load();
    await feed.look(0, 40);
    await feed.look(0, 40);
    const now = shown(feed);
    const expected = down(112, 1).filter((n) => ![99, 85, 84].includes(n));
    expect(now).toEqual(expected.slice(0, now.length));
    expect(now.length).toBeGreaterThan(30);
  });

  it("says what went wrong, keeps what it has, and goes on", async () => {
    const feed = open(filterOf({}));
    await feed.load();
    system.failing = true;
    await feed.look(0, 9);
    expect(feed.state.get().error).toBeInstanceOf(Error);
    expect(feed.state.get().rows.count).toBe(10);
    system.failing = false;
    await feed.load();
    expect(feed.state.get().error).toBeUndefined();
    expect(feed.state.get().rows.count).toBe(20);
  });

  it("can begin with the oldest", async () => {
    const feed = open(filterOf({ order: "oldest" }));
    await feed.load();
    expect(shown(feed)).toEqual(down(10, 1).reverse());
    feed.merge(system.put(101, S.CREATED, 1n));
    expect(feed.state.get().rows.count).toBe(10);
  });
});
