import { describe, expect, it } from "vitest";
import { stateAndOrder } from "./search";

describe("an address with a state and an order", () => {
  it("leaves out what nobody knows", () => {
    const states = ["PENDING", "FAILED"] as const;
    const found = { status: "FAILED", order: "ORDER1" };
    expect(stateAndOrder({ status: "FAILED", order: " ORDER1 ", other: "x" }, states)).toEqual(found);
    expect(stateAndOrder({ status: "LOST", order: "" }, states)).toEqual({});
  });
});
