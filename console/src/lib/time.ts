import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";

/** Milliseconds since 1970 of a time of the contract. */
export function millis(time: Timestamp): number {
  return Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
}

export function timestamp(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

export function durationMs(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatWith(locale: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}/${name}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, options);
    formats.set(key, made);
  }
  return made;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** `10:32:07`, for what happened within a day. */
export function formatClock(ms: number, locale: string): string {
  return formatWith(locale, "clock", { ...CLOCK, second: "2-digit" }).format(ms);
}

/** `3 Mar, 10:32`, with the year when it is another. */
export function formatMoment(ms: number, locale: string, now = Date.now()): string {
  const date = new Date(ms);
  const here = new Date(now);
  if (date.toDateString() === here.toDateString()) {
    return formatWith(locale, "minutes", CLOCK).format(ms);
  }
  const day = { day: "numeric", month: "short" } as const;
  return date.getFullYear() === here.getFullYear()
    ? formatWith(locale, "day", { ...day, ...CLOCK }).format(ms)
    : formatWith(locale, "year", { ...day, year: "numeric", ...CLOCK }).format(ms);
}

/** Everything there is to say, for a title: `Tuesday, 3 March 2026, 10:32:07 GMT+7`. */
export function formatFull(ms: number, locale: string): string {
  return formatWith(locale, "full", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    ...CLOCK,
    second: "2-digit",
    timeZoneName: "short",
  }).format(ms);
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** A length of time in its one or two largest units, short: `3 min`, `1 h 20 min`, `2 days`. */
export function formatSpan(ms: number, locale: string): string {
  const magnitude = Math.abs(ms);
  if (magnitude < 1000) {
    return unit(locale, "millisecond", Math.round(magnitude));
  }
  const index = UNITS.findIndex(([, size]) => magnitude >= size);
  const [name, size] = UNITS[index] ?? UNITS[3];
  const whole = Math.floor(magnitude / size);
  const finer = UNITS[index + 1];
  const rest = finer ? Math.floor((magnitude - whole * size) / finer[1]) : 0;
  // The finer unit says something only while the larger one is small.
  const both = finer && rest > 0 && whole < 10;
  return both ? `${unit(locale, name, whole)} ${unit(locale, finer[0], rest)}` : unit(locale, name, whole);
}

const numbers = new Map<string, Intl.NumberFormat>();

function unit(locale: string, name: string, value: number): string {
  const key = `${locale}/${name}`;
  let made = numbers.get(key);
  if (!made) {
    made = new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" });
    numbers.set(key, made);
  }
  return made.format(value);
}

/** The value of an `<input type="datetime-local">`, in the person's own time. */
export function toLocalInput(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** The other way; `undefined` for an empty or impossible one. */
export function fromLocalInput(text: string): number | undefined {
  const ms = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}
