import { describe, expect, it } from "vitest";
import { PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import { toDecimal } from "~/lib/money";
import { byField, check, type Draft, newLine, pastedLines } from "./draft";

const draft = (change: Partial<Draft> = {}): Draft => ({
  customer: "CUST123",
  currency: "USD",
  lines: [newLine("PROD-001", "3", "1,299.99"), newLine("PROD-002", "10", "0.10")],
  method: PaymentMethod.CREDIT_CARD,
  ...change,
});
const faults = (change: Partial<Draft>, token = "") =>
  Object.fromEntries(check(draft(change), token, "en", undefined).faults);

describe("a new order", () => {
  it("is sent exactly", () => {
    const { request, total } = check(draft(), "tok_1", "en", undefined);
    expect(toDecimal(total)).toBe("3900.97");
    expect(request?.totalAmount).toMatchObject({ currencyCode: "USD", units: 3900n, nanos: 970_000_000 });
    expect(request?.items[1]?.price).toMatchObject({ units: 0n, nanos: 100_000_000 });
    expect(request?.paymentToken).toBe("tok_1");
    expect(request?.requestId).toBe("");
  });

  it("names every field at fault by the contract's rules", () => {
    const lines = [
      newLine("", "0", "x"),
      newLine("P".repeat(65), "1.5", "-1"),
      newLine("P\u0007", "1000001", "0.001"),
    ];
    expect(faults({ customer: " ", lines }, "has space")).toEqual({
      customer_id: "none",
      payment_token: "token",
      "items[0].product_id": "none",
      "items[0].quantity": "quantity",
      "items[0].price": "not-a-number",
      "items[1].product_id": "id",
      "items[1].quantity": "quantity",
      "items[1].price": "negative",
      "items[2].product_id": "id",
      "items[2].quantity": "quantity",
      "items[2].price": "too-many-decimals",
    });
    expect(faults({ lines: [] })).toEqual({ items: "no-lines" });
  });

  it("does not add up to more than can be kept", () => {
    expect(faults({ lines: [newLine("P", "1000000", "92233720368547758.07")] })).toEqual({
      total_amount: "total-too-large",
    });
  });

  it("knows the products where they are known", () => {
    const { faults } = check(draft(), "", "en", new Set(["PROD-001"]));
    expect([...faults]).toEqual([["items[1].product_id", "unknown-product"]]);
  });

  it("has no token without a payment method", () => {
    const { request } = check(draft({ method: PaymentMethod.UNSPECIFIED }), "tok_1", "en", undefined);
    expect(request?.paymentToken).toBe("");
  });
});

describe("the server's violations", () => {
  it("go to their fields", () => {
    const fields = byField([
      { field: "items[2].price.nanos", description: "has more decimals" },
      { field: "customer_id", description: "must not be empty" },
    ]);
    expect([...fields]).toEqual([
      ["items[2].price", "has more decimals"],
      ["customer_id", "must not be empty"],
    ]);
  });
});

describe("lines from a spreadsheet", () => {
  it("come over as they are", () => {
    const lines = pastedLines("PROD-001\t2\t10.50\r\nPROD-002\t\t3\n");
    expect(lines?.map(({ product, quantity, price }) => [product, quantity, price])).toEqual([
      ["PROD-001", "2", "10.50"],
      ["PROD-002", "1", "3"],
    ]);
    expect(pastedLines("PROD-001")).toBeUndefined();
  });
});
