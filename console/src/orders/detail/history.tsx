import { useMemo } from "react";
import { orderLook } from "~/domain/order";
import { type Head, timelineOf } from "~/domain/timeline";
import { type Order, type OrderEvent, OrderEventKind, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { type Dictionary, useWords } from "~/i18n";
import type { Mark, Tone } from "~/ui/chip";
import { Section } from "~/ui/details";
import { Timeline } from "~/ui/timeline";
import { stepOf } from "../model/lifecycle";

/** What happened to the order, who did it, and when. */
export function History({ order }: { order: Order }) {
  const words = useWords();
  const entries = useMemo(() => timelineOf(order.timeline, words, headOf), [order.timeline, words]);
  return (
    <Section title={words.orders.history}>
      <Timeline label={words.orders.history} entries={entries} />
    </Section>
  );
}

type Others = Exclude<keyof typeof OrderEventKind, "UNSPECIFIED" | "STATUS_CHANGED">;

const LOOKS: Record<Others, readonly [Tone, Mark]> = {
  VALIDATION_RETRIED: ["waiting", { kind: "dots" }],
  SETTLED: ["still", { kind: "dots" }],
  HOLD_LOST: ["waiting", { kind: "slash" }],
  HOLD_RENEWED: ["moving", { kind: "part", of: 0.4 }],
  STEP_UNDONE: ["still", { kind: "slash" }],
  UNDO_DELAYED: ["bad", { kind: "dots" }],
  APPROVAL_OVERDUE: ["waiting", { kind: "part", of: 0.12 }],
};

function headOf(event: OrderEvent, { statuses, orders }: Dictionary): Head {
  const name = OrderEventKind[event.kind] as Others | undefined;
  const look = orderLook(statuses, event.status);
  const [tone, mark] = (name && LOOKS[name]) || [look.tone, look.mark];
  const { step, words: reason } = stepOf(event.reason);
  const title = (name && titleOf(event, name, orders)) ?? look.label;
  return {
    tone,
    mark,
    title: step ? `${title}: ${orders.unwinding.steps[step].toLocaleLowerCase()}` : title,
    reason,
  };
}

/** Where the system has done its part, somebody else may have to do theirs. */
function titleOf(event: OrderEvent, name: Others, orders: Dictionary["orders"]): string {
  const next = name === "SETTLED" && orders.settled[OrderStatus[event.status] as keyof typeof orders.settled];
  return next || orders.events[name];
}
