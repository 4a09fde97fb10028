import { type PaymentEvent, PaymentEventKind, PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { millis } from "~/lib/time";

/** How an attempt to charge ended. */
export type Outcome =
  /** The provider has not answered. */
  | "running"
  | "charged"
  /** For good: no other follows. */
  | "refused"
  /** Without a charge, and another follows. */
  | "failed";

export interface Attempt {
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly outcome: Outcome;
  /** In the provider's words. */
  readonly reason: string;
}

/** The attempts that a payment's events tell of, the first first. */
export function attemptsOf(events: readonly PaymentEvent[]): readonly Attempt[] {
  const attempts = new Map<number, Attempt>();
  for (const event of events) {
    if (event.attempt === 0) {
      continue;
    }
    const at = event.createTime ? millis(event.createTime) : 0;
    const begun = attempts.get(event.attempt) ?? {
      number: event.attempt,
      startedAt: at,
      endedAt: undefined,
      outcome: "running",
      reason: "",
    };
    const outcome = outcomeOf(event);
    attempts.set(
      event.attempt,
      outcome === undefined ? begun : { ...begun, endedAt: at, outcome, reason: event.reason },
    );
  }
  return [...attempts.values()].sort((a, b) => a.number - b.number);
}

function outcomeOf({ kind, status }: PaymentEvent): Outcome | undefined {
  if (kind === PaymentEventKind.ATTEMPT_FAILED) {
    return "failed";
  }
  if (kind !== PaymentEventKind.STATUS_CHANGED) {
    return undefined;
  }
  switch (status) {
    case PaymentStatus.COMPLETED:
      return "charged";
    case PaymentStatus.FAILED:
      return "refused";
    default:
      return undefined;
  }
}
