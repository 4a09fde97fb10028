import { create } from "@bufbuild/protobuf";
import { MoneySchema, type Money as WireMoney } from "~/gen/google/type/money_pb";

/**
 * Exact money: a currency and a whole number of billionths of its unit, the finest that the contract can say. No
 * floating point is involved anywhere.
 */
export interface Money {
  readonly currency: string;
  readonly nanos: bigint;
}

const NANOS_PER_UNIT = 1_000_000_000n;
const NANO_DIGITS = 9;
const I64_MAX = 2n ** 63n - 1n;

/** ISO 4217: the currencies that do not have two decimals. What `Intl` says is how people write them, which differs. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...of(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...of(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...of(4, "CLF UYW"),
};

function of(decimals: number, codes: string): Record<string, number> {
  return Object.fromEntries(codes.split(" ").map((code) => [code, decimals]));
}

/** Decimals of an amount: 2 for USD, 0 for JPY, 3 for KWD. */
export function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2;
}

export function money(currency: string, nanos: bigint): Money {
  return { currency, nanos };
}

export function fromWire(wire: WireMoney | undefined): Money | undefined {
  return wire && money(wire.currencyCode, wire.units * NANOS_PER_UNIT + BigInt(wire.nanos));
}

export function toWire(amount: Money): WireMoney {
  return create(MoneySchema, {
    currencyCode: amount.currency,
    units: amount.nanos / NANOS_PER_UNIT,
    nanos: Number(amount.nanos % NANOS_PER_UNIT),
  });
}

export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.currency, a.nanos + b.nanos);
}

export function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.currency, a.nanos - b.nanos);
}

export function times(amount: Money, quantity: bigint): Money {
  return money(amount.currency, amount.nanos * quantity);
}

export function negate(amount: Money): Money {
  return money(amount.currency, -amount.nanos);
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) {
    throw new RangeError(`${a.currency} and ${b.currency} can't be reckoned together`);
  }
}

/** Whether the system can keep it: 64 bits of the currency's smallest unit. */
export function fits(amount: Money): boolean {
  const minor = amount.nanos / nanosPerMinor(amount.currency);
  return minor <= I64_MAX && minor >= -I64_MAX - 1n;
}

function nanosPerMinor(currency: string): bigint {
  return 10n ** BigInt(NANO_DIGITS - decimalsOf(currency));
}

/** The amount as a plain decimal number with the currency's decimals, or more where it has more: `1299.90`. */
export function toDecimal({ currency, nanos }: Money): string {
  const sign = nanos < 0n ? "-" : "";
  const digits = (nanos < 0n ? -nanos : nanos).toString().padStart(NANO_DIGITS + 1, "0");
  const whole = digits.slice(0, -NANO_DIGITS);
  let fraction = digits.slice(-NANO_DIGITS);
  const least = decimalsOf(currency);
  while (fraction.length > least && fraction.endsWith("0")) {
    fraction = fraction.slice(0, -1);
  }
  return fraction ? `${sign}${whole}.${fraction}` : `${sign}${whole}`;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, decimals: number): Intl.NumberFormat {
  const key = `${locale}/${decimals}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.NumberFormat(locale, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(key, made);
  }
  return made;
}

/** The number of an amount as people of the locale write it, without its currency: `1,299.90`. */
export function formatNumber(amount: Money, locale: string): string {
  const decimal = toDecimal(amount);
  const decimals = decimal.split(".")[1]?.length ?? 0;
  // A text is formatted digit by digit; a number would be rounded to what a float can hold.
  return format(locale, decimals)
    .format(decimal as Intl.StringNumericLiteral)
    .replace("-", "\u2212");
}

/** The whole amount. The code, not the sign: `$` is the sign of twenty currencies. */
export function formatMoney(amount: Money, locale: string): string {
  return `${formatNumber(amount, locale)}\u00a0${amount.currency}`;
}

export type MoneyFault = "empty" | "not-a-number" | "too-many-decimals" | "too-large" | "ambiguous";
export type Parsed = { readonly money: Money } | { readonly fault: MoneyFault };

/**
 * Reads what a person typed, by the separators of their locale. A text that could mean two amounts is refused:
 * a mistake by a factor of a thousand is worse than a question.
 */
export function parseMoney(text: string, currency: string, locale: string): Parsed {
  const compact = text
    .trim()
    .replace(/[\s\u00a0\u202f'’]/g, "")
    .replace(/^[\u2212–]/, "-");
  if (compact === "") {
    return { fault: "empty" };
  }
  const shape = /^(-?)(\d[\d.,]*)$/.exec(compact);
  if (!shape?.[2]) {
    return { fault: "not-a-number" };
  }
  const number = split(shape[2], decimalSeparator(locale));
  if (typeof number === "string") {
    return { fault: number };
  }
  const [whole, written] = number;
  const fraction = written.replace(/0+$/, "");
  if (fraction.length > decimalsOf(currency)) {
    return { fault: "too-many-decimals" };
  }
  const magnitude = BigInt(whole + fraction.padEnd(NANO_DIGITS, "0"));
  const result = money(currency, shape[1] ? -magnitude : magnitude);
  return fits(result) ? { money: result } : { fault: "too-large" };
}

/** Whole digits and decimals of digits with points and commas among them. */
function split(digits: string, decimal: string): [string, string] | MoneyFault {
  const marks = digits.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  if (last === undefined) {
    return [digits, ""];
  }
  const isGrouped = (text: string) =>
    /^\d{1,3}([.,]\d{3})+$/.test(text) && new Set(text.match(/[.,]/g)).size === 1;
  const cut = digits.lastIndexOf(last);
  const [before, after] = [digits.slice(0, cut), digits.slice(cut + 1)];
  if (marks.length === 1) {
    if (last === decimal) {
      return [before, after];
    }
    if (isGrouped(digits)) {
      return [before + after, ""];
    }
    // `12.5` where the comma is usual: there is only one thing it can mean.
    return after.length > 0 && after.length < 3 ? [before, after] : "ambiguous";
  }
  if (isGrouped(digits)) {
    return last === decimal ? "ambiguous" : [digits.replace(/[.,]/g, ""), ""];
  }
  return isGrouped(before) && !before.includes(last) ? [before.replace(/[.,]/g, ""), after] : "not-a-number";
}

function decimalSeparator(locale: string): string {
  return (
    format(locale, 1)
      .formatToParts(1.5)
      .find((part) => part.type === "decimal")?.value ?? "."
  );
}
