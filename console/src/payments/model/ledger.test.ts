import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LedgerAccount, LedgerEntrySchema } from "~/gen/oms/payments/v1/payments_pb";
import { money, toDecimal, toWire } from "~/lib/money";
import { ledgerOf } from "./ledger";

const { PROVIDER_CLEARING, SALES } = LedgerAccount;

function entry(account: LedgerAccount, cents: bigint, refundId = "") {
  return create(LedgerEntrySchema, { account, amount: toWire(money("USD", cents * 10_000_000n)), refundId });
}

const capture = [entry(PROVIDER_CLEARING, 1_000n), entry(SALES, -1_000n)];

describe("a ledger", () => {
  it("has nothing to say before the capture", () => {
    expect(ledgerOf([])).toBeUndefined();
  });

  it("has debits and credits that sum to zero in each booking", () => {
    const ledger = ledgerOf([
      ...capture,
      entry(PROVIDER_CLEARING, -250n, "rfd_1"),
      entry(SALES, 250n, "rfd_1"),
    ]);
    expect(
      ledger?.rows.map((row) => [row.debit && toDecimal(row.debit), row.credit && toDecimal(row.credit)]),
    ).toEqual([
      ["10.00", undefined],
      [undefined, "10.00"],
      [undefined, "2.50"],
      ["2.50", undefined],
    ]);
    expect(ledger?.rows.map((row) => row.begins)).toEqual([true, false, true, false]);
    expect(ledger && [toDecimal(ledger.debits), toDecimal(ledger.credits)]).toEqual(["12.50", "12.50"]);
    expect(ledger?.balanced).toBe(true);
  });

  it("does not balance where one booking makes up for another", () => {
    expect(ledgerOf([capture[0], entry(SALES, -1_000n, "rfd_1")].flatMap((e) => e ?? []))?.balanced).toBe(
      false,
    );
  });
});
