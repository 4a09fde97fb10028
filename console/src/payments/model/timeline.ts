import { paymentLook } from "~/domain/statuses";
import type { Head } from "~/domain/timeline";
import { type PaymentEvent, PaymentEventKind } from "~/gen/oms/payments/v1/payments_pb";
import type { Dictionary } from "~/i18n";
import type { Mark } from "~/ui/chip";

const dots: Mark = { kind: "dots" };

/** What an event of a payment is called. */
export function headOf(event: PaymentEvent, { statuses, payments }: Dictionary): Head {
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
