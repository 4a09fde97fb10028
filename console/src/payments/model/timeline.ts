import { paymentLook } from "~/domain/statuses";
import { type PaymentEvent, PaymentEventKind } from "~/gen/oms/payments/v1/payments_pb";
import type { Dictionary } from "~/i18n";
import { millis } from "~/lib/time";
import type { Mark, Tone } from "~/ui/chip";
import type { TimelineEntry } from "~/ui/timeline";

const dots: Mark = { kind: "dots" };

/** What the events of a payment say to a person. */
export function timelineOf(events: readonly PaymentEvent[], words: Dictionary): TimelineEntry[] {
  return events.map((event) => ({
    key: String(event.sequence),
    at: event.createTime ? millis(event.createTime) : 0,
    ...headOf(event, words),
    ...(event.reason && { detail: event.reason }),
    ...(event.actor && { actor: event.actor === "system" ? words.ui.system : event.actor }),
  }));
}

function headOf(
  event: PaymentEvent,
  { statuses, payments }: Dictionary,
): { title: string; tone: Tone; mark: Mark } {
  const { label, tone, mark } = paymentLook(statuses, event.status);
  switch (event.kind) {
    case PaymentEventKind.STATUS_CHANGED:
      return { title: label, tone, mark };
    case PaymentEventKind.ATTEMPT_STARTED:
      return { title: payments.events.attempt(event.attempt), tone: "moving", mark: dots };
    case PaymentEventKind.ATTEMPT_FAILED:
      return {
        title: payments.events.attemptFailed(event.attempt),
        tone: "waiting",
        mark: { kind: "slash" },
      };
    case PaymentEventKind.REFUND:
      return { title: payments.events.refund, tone: "todo", mark: dots };
    case PaymentEventKind.SETTLED:
      return { title: payments.events.settled, tone: "still", mark: dots };
    default:
      return { title: statuses.payment.UNSPECIFIED, tone: "still", mark: dots };
  }
}
