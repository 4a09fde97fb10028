import type { Duration } from "@bufbuild/protobuf/wkt";
import type { OrderStatisticsStep } from "~/gen/oms/orders/v1/orders_pb";
import type { PaymentStatisticsStep, Turnover } from "~/gen/oms/payments/v1/payments_pb";
import { decimalsOf, fromWire, type Money, money } from "~/lib/money";
import { durationMs, millis } from "~/lib/time";

/** What a plot draws: for each step a value, or nothing where there is none. */
export type Values = readonly (number | null)[];

/** When the steps begin, in milliseconds. */
export function startsOf(
  steps: readonly { startTime?: OrderStatisticsStep["startTime"] }[],
): readonly number[] {
  return steps.map(({ startTime }) => (startTime ? millis(startTime) : 0));
}

export const FLOWS = ["created", "approved", "delivered", "stopped"] as const;
export type Flow = (typeof FLOWS)[number];

export function flowOf(steps: readonly OrderStatisticsStep[], flow: Flow): readonly number[] {
  return steps.map((step) => Number(step[flow]));
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** How long those approved in each step had waited; nothing where none was. */
export function waitsOf(steps: readonly OrderStatisticsStep[]): Values {
  return steps.map(({ approvalMedian }) => msOf(approvalMedian) ?? null);
}

export function msOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration);
}

export interface Books {
  readonly currency: string;
  readonly captured: Money;
  readonly refunded: Money;
  /** The same for each step, in the order of the steps. */
  readonly steps: readonly { readonly captured: Money; readonly refunded: Money }[];
}

/** What was booked in each currency, in the order of their codes. */
export function booksOf(
  turnovers: readonly Turnover[],
  steps: readonly PaymentStatisticsStep[],
): readonly Books[] {
  return turnovers.flatMap((turnover) => {
    const { captured, refunded } = amountsOf(turnover);
    const currency = captured?.currency ?? refunded?.currency;
    if (currency === undefined) {
      return [];
    }
    const none = money(currency, 0n);
    const inSteps = steps.map((step) => {
      const found = step.turnovers.map(amountsOf).find((amounts) => currencyOf(amounts) === currency);
      return { captured: found?.captured ?? none, refunded: found?.refunded ?? none };
    });
    return [{ currency, captured: captured ?? none, refunded: refunded ?? none, steps: inSteps }];
  });
}

/** The one with which most happens; amounts of different currencies can't be compared. */
export function busiest(books: readonly Books[]): Books | undefined {
  const moves = ({ steps }: Books) => steps.filter(({ captured }) => captured.nanos > 0n).length;
  return books.toSorted((a, b) => moves(b) - moves(a))[0];
}

interface Amounts {
  readonly captured: Money | undefined;
  readonly refunded: Money | undefined;
}

function amountsOf({ captured, refunded }: Turnover): Amounts {
  return { captured: fromWire(captured), refunded: fromWire(refunded) };
}

function currencyOf({ captured, refunded }: Amounts): string | undefined {
  return captured?.currency ?? refunded?.currency;
}

/** How high to draw an amount. Only for pictures: what is written is exact. */
export function heightOf({ nanos, currency }: Money): number {
  const decimals = decimalsOf(currency);
  return Number(nanos / 10n ** BigInt(9 - decimals)) / 10 ** decimals;
}
