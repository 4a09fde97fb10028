import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { OrderStatisticsStepSchema } from "~/gen/oms/orders/v1/orders_pb";
import { PaymentStatisticsStepSchema, TurnoverSchema } from "~/gen/oms/payments/v1/payments_pb";
import { money, toDecimal, toWire } from "~/lib/money";
import { booksOf, busiest, flowOf, heightOf, startsOf, total, waitsOf } from "./series";

const amount = (currency: string, cents: bigint) => money(currency, cents * 10_000_000n);
const turnover = (currency: string, captured: bigint, refunded: bigint) =>
  create(TurnoverSchema, {
    captured: toWire(amount(currency, captured)),
    refunded: toWire(amount(currency, refunded)),
  });

describe("series", () => {
  const steps = [
    create(OrderStatisticsStepSchema, { startTime: { seconds: 60n, nanos: 0 }, created: 3n, approved: 0n }),
    create(OrderStatisticsStepSchema, {
      startTime: { seconds: 120n, nanos: 0 },
      created: 2n,
      approved: 1n,
      approvalMedian: { seconds: 90n, nanos: 500_000_000 },
    }),
  ];

  it("have a value for each step", () => {
    expect(startsOf(steps)).toEqual([60_000, 120_000]);
    expect(flowOf(steps, "created")).toEqual([3, 2]);
    expect(total(flowOf(steps, "created"))).toBe(5);
  });

  it("have a gap where nobody waited", () => {
    expect(waitsOf(steps)).toEqual([null, 90_500]);
  });

  it("keep money by currency, with zeros where nothing was booked", () => {
    const books = booksOf(
      [turnover("EUR", 100n, 0n), turnover("USD", 350n, 50n)],
      [
        create(PaymentStatisticsStepSchema, { turnovers: [turnover("USD", 100n, 0n)] }),
        create(PaymentStatisticsStepSchema, {
          turnovers: [turnover("EUR", 100n, 0n), turnover("USD", 250n, 50n)],
        }),
      ],
    );
    expect(books.map(({ currency, captured }) => [currency, toDecimal(captured)])).toEqual([
      ["EUR", "1.00"],
      ["USD", "3.50"],
    ]);
    expect(busiest(books)?.currency).toBe("USD");
    expect(books[0]?.steps.map(({ captured }) => toDecimal(captured))).toEqual(["0.00", "1.00"]);
    expect(books[1]?.steps.map(({ refunded }) => toDecimal(refunded))).toEqual(["0.00", "0.50"]);
  });

  it("draw amounts of every size", () => {
    expect(heightOf(amount("USD", 12_345n))).toBe(123.45);
    expect(heightOf(money("JPY", 1_200_000_000_000n))).toBe(1200);
    expect(heightOf(amount("USD", -50n))).toBe(-0.5);
  });
});
