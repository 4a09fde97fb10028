import { describe, expect, it } from "vitest";
import {
  add,
  fits,
  formatMoney,
  formatNumber,
  fromWire,
  money,
  parseMoney,
  times,
  toDecimal,
  toWire,
} from "./money";

const usd = (text: string, locale = "en") => {
  const parsed = parseMoney(text, "USD", locale);
  return "money" in parsed ? toDecimal(parsed.money) : parsed.fault;
};

describe("money", () => {
  it("is exact where floats are not", () => {
    const parsed = parseMoney("0.1", "USD", "en");
    const tenth = "money" in parsed ? parsed.money : money("USD", 0n);
    expect(toDecimal(add(add(tenth, tenth), tenth))).toBe("0.30");
    expect(toDecimal(times(tenth, 1_000_000n))).toBe("100000.00");
  });

  it("keeps the largest amount digit by digit", () => {
    expect(usd("92233720368547758.07")).toBe("92233720368547758.07");
    expect(usd("92233720368547758.08")).toBe("too-large");
    const parsed = parseMoney("92233720368547758.07", "USD", "en");
    expect("money" in parsed && formatNumber(parsed.money, "en")).toBe("92,233,720,368,547,758.07");
  });

  it("survives the wire, also below zero", () => {
    for (const nanos of [0n, 1n, -10_000_000n, -1_299_990_000_000n, 5_000_000_000n]) {
      const wire = toWire(money("EUR", nanos));
      expect(fromWire(wire)).toEqual(money("EUR", nanos));
      expect(wire.units > 0n && wire.nanos < 0).toBe(false);
      expect(wire.units < 0n && wire.nanos > 0).toBe(false);
    }
  });

  it("has the decimals of its currency", () => {
    expect(toDecimal(money("JPY", 1_200_000_000_000n))).toBe("1200");
    expect(toDecimal(money("KWD", -5_000_000n))).toBe("-0.005");
    expect(formatMoney(money("VND", 25_000_000_000_000n), "vi")).toBe("25.000\u00a0VND");
    expect(parseMoney("1.5", "JPY", "en")).toEqual({ fault: "too-many-decimals" });
  });

  it("is written as people of the locale write it", () => {
    const amount = money("USD", -1_299_990_000_000n);
    expect(formatMoney(amount, "en")).toBe("\u22121,299.99\u00a0USD");
    expect(formatMoney(amount, "vi")).toBe("\u22121.299,99\u00a0USD");
  });

  it("reads what people of the locale write", () => {
    expect(usd("1,299.99")).toBe("1299.99");
    expect(usd(" 1 299.9 ")).toBe("1299.90");
    expect(usd("1.299,99", "vi")).toBe("1299.99");
    expect(usd("1.299", "vi")).toBe("1299.00");
    expect(usd("12.5", "vi")).toBe("12.50");
    expect(usd("12,5")).toBe("12.50");
    expect(usd("1.2000")).toBe("1.20");
    expect(usd("−5")).toBe("-5.00");
  });

  it("asks rather than guesses", () => {
    expect(usd("1,2345")).toBe("ambiguous");
    expect(usd("1.299.000")).toBe("ambiguous");
    expect(usd("1.234", "en")).toBe("too-many-decimals");
    for (const text of ["", "  "]) expect(usd(text)).toBe("empty");
    for (const text of ["-", "1e3", "0x10", "12 USD", ".5", "1,,2", "1.2.3"]) {
      expect(usd(text), text).toBe("not-a-number");
    }
  });

  it("knows what the system can keep", () => {
    expect(fits(times(money("USD", 10_000_000n), 2n ** 63n))).toBe(false);
    expect(fits(money("JPY", (2n ** 63n - 1n) * 1_000_000_000n))).toBe(true);
  });
});
