import { create } from "@bufbuild/protobuf";
import {
  type CreateOrderRequest,
  CreateOrderRequestSchema,
  OrderItemSchema,
  PaymentMethod,
} from "~/gen/oms/orders/v1/orders_pb";
import { newKey } from "~/lib/ids";
import { add, fits, type Money, type MoneyFault, money, parseMoney, times, toWire } from "~/lib/money";
import type { FieldViolation } from "~/lib/refusal";
import { isName } from "~/lib/texts";

export interface DraftLine {
  /** Tells lines apart while they are moved and taken away. */
  readonly key: string;
  readonly product: string;
  readonly quantity: string;
  readonly price: string;
}

/** What somebody has typed. The payment token is not part of it: it is not kept. */
export interface Draft {
  readonly customer: string;
  readonly currency: string;
  readonly lines: readonly DraftLine[];
  readonly method: number;
}

export const MAX_LINES = 10_000;
const MAX_QUANTITY = 1_000_000n;
const MAX_TOKEN = 256;

export function newLine(product = "", quantity = "1", price = ""): DraftLine {
  return { key: newKey(), product, quantity, price };
}

export function newDraft(): Draft {
  return { customer: "", currency: "USD", lines: [newLine()], method: PaymentMethod.CREDIT_CARD };
}

/** What can be wrong with a field, by the contract's rules. */
export type Fault =
  | "none"
  | "id"
  | "quantity"
  | "negative"
  | "unknown-product"
  | "token"
  | "total-too-large"
  | "no-lines"
  | MoneyFault;

/** Faults by the path of the field, as the contract spells it. */
export type Faults = ReadonlyMap<string, Fault>;

export interface Checked {
  readonly faults: Faults;
  /** Of each line, where it can be reckoned. */
  readonly sums: readonly (Money | undefined)[];
  /** Over the lines that can be reckoned. */
  readonly total: Money;
  /** What is sent, when nothing is wrong. */
  readonly request: CreateOrderRequest | undefined;
}

function faultOfId(text: string): "none" | "id" | undefined {
  if (text === "") return "none";
  return isName(text) ? undefined : "id";
}

export function parseQuantity(text: string): bigint | undefined {
  const digits = text.trim();
  if (!/^\d{1,7}$/.test(digits)) {
    return undefined;
  }
  const quantity = BigInt(digits);
  return quantity >= 1n && quantity <= MAX_QUANTITY ? quantity : undefined;
}

/**
 * Checks a draft as the system will. `known`: the products there are, where that is known; an order with another one
 * would be accepted, and fail its check.
 */
export function check(
  draft: Draft,
  token: string,
  locale: string,
  known: ReadonlySet<string> | undefined,
): Checked {
  const faults = new Map<string, Fault>();
  const customer = draft.customer.trim();
  const noCustomer = faultOfId(customer);
  if (noCustomer) faults.set("customer_id", noCustomer);
  if (draft.lines.length === 0 || draft.lines.length > MAX_LINES) faults.set("items", "no-lines");
  if (token !== "" && (token.length > MAX_TOKEN || !/^[\x21-\x7e]*$/.test(token)))
    faults.set("payment_token", "token");

  let total = money(draft.currency, 0n);
  const sums: (Money | undefined)[] = [];
  const items = draft.lines.map((line, index) => {
    const at = (field: string) => `items[${index}].${field}`;
    const product = line.product.trim();
    const noProduct = faultOfId(product);
    if (noProduct) faults.set(at("product_id"), noProduct);
    else if (known && !known.has(product)) faults.set(at("product_id"), "unknown-product");
    const quantity = parseQuantity(line.quantity);
    if (quantity === undefined) faults.set(at("quantity"), "quantity");
    const parsed = parseMoney(line.price, draft.currency, locale);
    const price = "money" in parsed ? parsed.money : undefined;
    if ("fault" in parsed) faults.set(at("price"), parsed.fault);
    else if (parsed.money.nanos < 0n) faults.set(at("price"), "negative");
    const sum = price && quantity !== undefined ? times(price, quantity) : undefined;
    sums.push(sum);
    if (sum) total = add(total, sum);
    return create(OrderItemSchema, {
      productId: product,
      quantity: quantity ?? 0n,
      price: toWire(price ?? money(draft.currency, 0n)),
    });
  });
  if (!fits(total)) faults.set("total_amount", "total-too-large");

  const request =
    faults.size > 0
      ? undefined
      : create(CreateOrderRequestSchema, {
          customerId: customer,
          items,
          totalAmount: toWire(total),
          paymentMethod: draft.method,
          paymentToken: draft.method === PaymentMethod.UNSPECIFIED ? "" : token,
        });
  return { faults, sums, total, request };
}

/** The server's violations by the field of the form that is at fault. Those of no field are told with the refusal. */
export function byField(violations: readonly FieldViolation[]): ReadonlyMap<string, string> {
  return new Map(
    violations.map(({ field, description }) => {
      // `items[2].price.units` is at fault at `items[2].price`.
      const path = /^(items\[\d+\]\.\w+|\w+)/.exec(field)?.[1] ?? "";
      return [path, description];
    }),
  );
}

/** Rows as a spreadsheet copies them: product, quantity, price. */
export function pastedLines(text: string): DraftLine[] | undefined {
  const rows = text
    .replace(/\r/g, "")
    .split("\n")
    .filter((row) => row.trim() !== "");
  if (!rows.some((row) => row.includes("\t")) || rows.length > MAX_LINES) {
    return undefined;
  }
  return rows.map((row) => {
    const [product = "", quantity = "1", price = ""] = row.split("\t").map((cell) => cell.trim());
    return newLine(product, quantity || "1", price);
  });
}
