import { describe, expect, it } from "vitest";
import { available, levelAfter, parsePieces, signed, sum } from "./stock";

const level = { onHand: 10n, heldBack: 2n, reserved: 5n };

describe("an adjustment", () => {
  it("has the sign that its type needs", () => {
    expect(signed("RECEIPT", "fewer", 3n)).toBe(3n);
    expect(signed("RESTOCK", "fewer", 3n)).toBe(3n);
    expect(signed("DAMAGE", "more", 3n)).toBe(-3n);
    expect(signed("CORRECTION", "more", 3n)).toBe(3n);
    expect(signed("CORRECTION", "fewer", 3n)).toBe(-3n);
    expect(signed("HOLD_BACK", "fewer", 3n)).toBe(-3n);
  });

  it("is of whole pieces", () => {
    expect(parsePieces(" 12 ")).toEqual({ pieces: 12n });
    expect(parsePieces("1.500")).toEqual({ pieces: 1500n });
    expect(parsePieces("1,000,000")).toEqual({ pieces: 1_000_000n });
    expect(parsePieces("1000001")).toEqual({ fault: "too-many" });
    for (const text of ["", " ", "0"]) expect(parsePieces(text)).toEqual({ fault: "empty" });
    for (const text of ["1.5", "-3", "3 pieces", "1e3", "1,00"]) {
      expect(parsePieces(text), text).toEqual({ fault: "not-a-number" });
    }
  });

  it("says beforehand what the stock will be", () => {
    expect(levelAfter(level, "RECEIPT", 5n)).toEqual({ level: { ...level, onHand: 15n }, broken: undefined });
    expect(levelAfter(level, "HOLD_BACK", 3n)).toEqual({
      level: { ...level, heldBack: 5n },
      broken: undefined,
    });
    expect(available(levelAfter(level, "DAMAGE", -3n).level)).toBe(0n);
  });

  it("says beforehand which rule it would break", () => {
    expect(levelAfter(level, "DAMAGE", -4n).broken).toBe("oversold");
    expect(levelAfter(level, "HOLD_BACK", 4n).broken).toBe("oversold");
    expect(levelAfter(level, "HOLD_BACK", -3n).broken).toBe("held-back");
  });
});

describe("stock over all locations", () => {
  it("is the sum of each", () => {
    expect(sum([level, level])).toEqual({ onHand: 20n, heldBack: 4n, reserved: 10n });
    expect(available(sum([]))).toBe(0n);
  });
});
