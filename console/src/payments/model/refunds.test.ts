import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { PaymentSchema, PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { money, toDecimal, toWire } from "~/lib/money";
import { amountsOf, isRefundable, parseRefund, refundableOf } from "./refunds";

const usd = (cents: bigint) => money("USD", cents * 10_000_000n);

function payment(status: PaymentStatus, refunded: bigint) {
  return create(PaymentSchema, {
    status,
    amount: toWire(usd(129_999n)),
    refundedAmount: toWire(usd(refunded)),
  });
}

describe("refunds", () => {
  it("leave a rest", () => {
    const amounts = amountsOf(payment(PaymentStatus.PARTIALLY_REFUNDED, 29_999n));
    expect(amounts && toDecimal(amounts.rest)).toBe("1000.00");
  });

  it("are of what was charged", () => {
    expect(isRefundable(payment(PaymentStatus.COMPLETED, 0n))).toBe(true);
    // Refunded to the last cent, but not yet paid back.
    expect(isRefundable(payment(PaymentStatus.COMPLETED, 129_999n))).toBe(false);
    for (const status of [PaymentStatus.PENDING, PaymentStatus.PROCESSING, PaymentStatus.FAILED]) {
      expect(isRefundable(payment(status, 0n))).toBe(false);
    }
  });

  it("are above nothing and at most the rest", () => {
    const rest = usd(10_000n);
    expect(parseRefund("100", rest, "en")).toEqual({ money: rest });
    expect(parseRefund("100.01", rest, "en")).toEqual({ fault: "exceeds-rest" });
    expect(parseRefund("0", rest, "en")).toEqual({ fault: "not-above-zero" });
    expect(parseRefund("-1", rest, "en")).toEqual({ fault: "not-above-zero" });
    expect(parseRefund("1.005", rest, "en")).toEqual({ fault: "too-many-decimals" });
    expect(parseRefund("1.5", money("JPY", 5_000_000_000n), "en")).toEqual({ fault: "too-many-decimals" });
  });

  it("say what is left when too much was asked", () => {
    const refusal = {
      code: Code.FailedPrecondition,
      reason: "REFUND_EXCEEDS_REST",
      message: "",
      metadata: { refundable: "12.50", currency: "USD" },
      violations: [],
      preconditions: [],
      retryAfterMs: undefined,
    };
    expect(refundableOf(refusal)).toEqual(usd(1_250n));
    expect(refundableOf({ ...refusal, reason: "PAYMENT_STATE" })).toBeUndefined();
  });
});
