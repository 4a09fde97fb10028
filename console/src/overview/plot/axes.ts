import type uPlot from "uplot";
import { formatSpan } from "~/lib/time";
import type { Axis } from "./series";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Steps at which an axis may be divided, so that every label is a round value of its kind. */
export const INCREMENTS: Record<Axis, number[]> = {
  count: tens(1, 9),
  span: [
    ...[1, 5, 10, 50, 100, 500],
    ...[1, 2, 5, 10, 20, 30].map((n) => n * SECOND),
    ...[1, 2, 5, 10, 20, 30].map((n) => n * MINUTE),
    ...[1, 2, 6, 12, 24, 48, 96, 168].map((n) => n * HOUR),
  ],
  money: tens(-2, 12),
};

function tens(from: number, to: number): number[] {
  const powers = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  return powers.flatMap((power) => [power, 2 * power, 5 * power]);
}

const numbers = new Map<string, Intl.NumberFormat>();

function compact(value: number, locale: string): string {
  let format = numbers.get(locale);
  if (!format) {
    format = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    numbers.set(locale, format);
  }
  return format.format(value);
}

export function labelOf(axis: Axis, value: number, locale: string): string {
  return axis === "span" ? (value === 0 ? "0" : formatSpan(value, locale)) : compact(Math.abs(value), locale);
}

/** From zero, so that twice as high is twice as much, with some air above. */
export function rangeOf(values: readonly uPlot.AlignedData[number][], axis: Axis): [number, number] {
  let [low, high] = [0, 0];
  for (const row of values) {
    for (const value of row) {
      if (value !== null && value !== undefined) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  const least = { count: 4, span: 10 * SECOND, money: 1 }[axis];
  return [low * 1.12, Math.max(high * 1.12, low < 0 ? 0 : least)];
}
