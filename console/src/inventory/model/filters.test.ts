import { describe, expect, it } from "vitest";
import { ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { STATUS_NAMES, validateProducts } from "./filters";

describe("the addresses of the inventory", () => {
  it("know every state", () => {
    const all = Object.values(ReservationStatus).filter((name) => typeof name === "string");
    expect(["UNSPECIFIED", ...STATUS_NAMES]).toEqual(all);
  });

  it("leave out what nobody knows", () => {
    expect(validateProducts({ q: " mouse ", low: "1" })).toEqual({ q: "mouse", low: "1" });
    expect(validateProducts({ q: "", low: "yes" })).toEqual({});
  });
});
