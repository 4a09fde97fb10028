import { describe, expect, it } from "vitest";
import { type Order, type Page, renew } from "./pages";

interface Row {
  n: number;
  state: string;
}

const order: Order<Row> = {
  id: (row) => String(row.n),
  isAfter: (row, other) => row.n < other.n,
  isSame: (row, other) => row.state === other.state,
};
const page = (ns: number[], next = "more", state = "a"): Page<Row> => ({
  rows: ns.map((n) => ({ n, state })),
  next,
});
const numbers = (pages: readonly Page<Row>[] | undefined) => pages?.map(({ rows }) => rows.map(({ n }) => n));

describe("a list brought up to date", () => {
  it("has what is new in front and keeps what was read further down", () => {
    const renewed = renew([page([9, 8, 7]), page([6, 5], "")], page([11, 10, 9]), order);
    expect(numbers(renewed)).toEqual([
      [11, 10, 9, 8, 7],
      [6, 5],
    ]);
    expect(renewed?.map(({ next }) => next)).toEqual(["more", ""]);
  });

  it("lets go of what left it", () => {
    expect(numbers(renew([page([9, 8, 7]), page([6, 5])], page([9, 7, 6]), order))).toEqual([[9, 7, 6], [5]]);
  });

  it("keeps rows that did not change as they are", () => {
    const before = page([9, 8]);
    const renewed = renew([before], { rows: [{ n: 9, state: "b" }, ...page([8]).rows], next: "more" }, order);
    expect(renewed?.[0]?.rows[0]).toEqual({ n: 9, state: "b" });
    expect(renewed?.[0]?.rows[1]).toBe(before.rows[1]);
  });

  it("is read anew when more came than a page has", () => {
    expect(renew([page([3, 2, 1])], page([9, 8, 7]), order)).toBeUndefined();
    expect(numbers(renew([page([3, 2, 1])], page([5, 4, 3]), order))).toEqual([[5, 4, 3, 2, 1]]);
  });

  it("is the first page alone when that is all there is", () => {
    expect(numbers(renew([page([9, 8, 7], "")], page([9], ""), order))).toEqual([[9]]);
    expect(numbers(renew([page([], "")], page([], ""), order))).toEqual([[]]);
  });
});
