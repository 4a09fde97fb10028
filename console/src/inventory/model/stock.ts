import { MovementType, type StockLevel } from "~/gen/oms/inventory/v1/inventory_pb";

/** Movements that people book. Commits are booked by the service alone. */
export const BOOKABLE = ["RECEIPT", "CORRECTION", "DAMAGE", "HOLD_BACK", "RESTOCK"] as const;
export type Bookable = (typeof BOOKABLE)[number];
/** Which way pieces go, where a type leaves it open. */
export type Direction = "more" | "fewer";

const MOST = 1_000_000n;

/** What sign the quantity of a type has. */
export function signOf(type: Bookable): "plus" | "minus" | "either" {
  switch (type) {
    case "RECEIPT":
    case "RESTOCK":
      return "plus";
    case "DAMAGE":
      return "minus";
    case "CORRECTION":
    case "HOLD_BACK":
      return "either";
  }
}

/** The quantity as the contract wants it. */
export function signed(type: Bookable, direction: Direction, pieces: bigint): bigint {
  const sign = signOf(type);
  return sign === "minus" || (sign === "either" && direction === "fewer") ? -pieces : pieces;
}

export type PiecesFault = "empty" | "not-a-number" | "too-many";

/** Reads a number of pieces; the person never types its sign. */
export function parsePieces(text: string): { readonly pieces: bigint } | { readonly fault: PiecesFault } {
  const digits = text.replace(/[\s.,\u00a0\u202f]/g, "");
  if (digits === "") {
    return { fault: "empty" };
  }
  // `1.5` is no number of pieces, `1.500` is what people write for fifteen hundred.
  if (!/^\d+$/.test(digits) || !/^\d{1,3}([\s.,\u00a0\u202f]\d{3})+$|^\d+$/.test(text.trim())) {
    return { fault: "not-a-number" };
  }
  const pieces = BigInt(digits);
  if (pieces === 0n) {
    return { fault: "empty" };
  }
  return pieces > MOST ? { fault: "too-many" } : { pieces };
}

export type Level = Pick<StockLevel, "onHand" | "heldBack" | "reserved">;

export const NOTHING: Level = { onHand: 0n, heldBack: 0n, reserved: 0n };

export function available({ onHand, heldBack, reserved }: Level): bigint {
  return onHand - heldBack - reserved;
}

/** Which rule of the stock a change would break. */
export type Broken = "held-back" | "oversold";

/** The level after a movement, as the service will reckon it if nothing else happens before. */
export function levelAfter(
  level: Level,
  type: Bookable,
  quantity: bigint,
): { readonly level: Level; readonly broken: Broken | undefined } {
  const next =
    type === "HOLD_BACK"
      ? { ...level, heldBack: level.heldBack + quantity }
      : { ...level, onHand: level.onHand + quantity };
  const broken = next.heldBack < 0n ? "held-back" : available(next) < 0n ? "oversold" : undefined;
  return { level: next, broken };
}

export function sum(levels: readonly Level[]): Level {
  return levels.reduce<Level>(
    (total, level) => ({
      onHand: total.onHand + level.onHand,
      heldBack: total.heldBack + level.heldBack,
      reserved: total.reserved + level.reserved,
    }),
    NOTHING,
  );
}

export function movementName(type: MovementType): keyof typeof MovementType {
  return (MovementType[type] ?? "UNSPECIFIED") as keyof typeof MovementType;
}
