import { useRef } from "react";
import { orderLook } from "~/domain/order";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatClock, millis } from "~/lib/time";
import { useWidth } from "~/ui/width";
import { failureOf, undosOf, wayOf } from "../model/lifecycle";
import { Across } from "./lifecycle-across";
import { Down } from "./lifecycle-down";

const WIDE = 760;

/**
 * The way of an order, as a line with stations: where it came along, where it is, where it left and why, and what was
 * taken back then.
 */
export function LifecyclePicture({ order }: { order: Order }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { statuses, orders } = useWords();
  const language = useLanguage();
  const steps = order.timeline.map(({ kind, status, createTime }) => ({
    kind,
    status,
    at: createTime ? millis(createTime) : 0,
  }));
  const way = wayOf(order.status, steps, order.paymentMethod);
  const failed = way.exit && failureOf(order.timeline);
  const undos = way.exit ? undosOf(order.unwinding, order.timeline) : [];
  const here = orderLook(statuses, order.status, order.unwinding);
  const { unwinding } = orders;
  const label = [
    orders.picture,
    ...way.line
      .filter((station) => station.at !== undefined)
      .map((s) => `${orderLook(statuses, s.status).label} ${formatClock(s.at ?? 0, language)}`),
    ...(failed ? [unwinding.failed[failed]] : []),
    ...(way.exit ? [here.label] : []),
    ...undos.map(({ step, state }) => `${unwinding.steps[step]} ${unwinding.states[state]}`),
  ].join(", ");
  const Drawing = width >= WIDE ? Across : Down;
  return (
    <div ref={box} role="img" aria-label={label} className="min-w-0">
      <Drawing way={way} failed={failed} undos={undos} look={here} width={width} />
    </div>
  );
}
