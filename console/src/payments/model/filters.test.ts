import { describe, expect, it } from "vitest";
import { PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { STATUS_NAMES } from "./filters";

describe("the address of the payments", () => {
  it("knows every state", () => {
    const all = Object.values(PaymentStatus).filter((name) => typeof name === "string");
    expect(["UNSPECIFIED", ...STATUS_NAMES]).toEqual(all);
  });
});
