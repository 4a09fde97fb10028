import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import { CheckIcon, ClockIcon, Spinner, UndoIcon, WarnIcon } from "~/ui/icons";
import { type Undo, undosOf } from "../model/lifecycle";

/** What was done for a cancelled order and is taken back, the last thing first. */
export function Unwinding({ order }: { order: Order }) {
  const { orders } = useWords();
  const undos = undosOf(order.unwinding, order.timeline);
  if (undos.length === 0) {
    return null;
  }
  return (
    <section
      aria-label={orders.unwinding.title}
      className={cx(
        "rounded-md border px-4 py-3",
        order.unwinding ? "border-waiting/40 bg-waiting-tint" : "border-line bg-surface",
      )}
    >
      <h2 className="flex items-center gap-2 text-sm font-semibold">
        <UndoIcon className={order.unwinding ? "text-waiting" : "text-ink-3"} />
        {order.unwinding ? orders.unwinding.title : orders.unwinding.over}
      </h2>
      <ol className="mt-2 space-y-1.5">
        {undos.map((undo) => (
          <li key={undo.step} className="flex items-start gap-2">
            <UndoMark state={undo.state} />
            <span className="min-w-0">
              <span className={undo.state === "waiting" ? "text-ink-2" : "font-medium"}>
                {orders.unwinding.steps[undo.step]}
              </span>{" "}
              <span className="text-ink-2">{orders.unwinding.states[undo.state]}</span>
              {undo.words && (
                <span lang="en" className="text-ink-2">
                  {" "}
                  · {undo.words}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function UndoMark({ state }: { state: Undo["state"] }) {
  switch (state) {
    case "undone":
      return <CheckIcon className="mt-0.5 shrink-0 text-good" />;
    case "undoing":
      return <Spinner className="mt-0.75 ml-px shrink-0 text-waiting" />;
    case "delayed":
      return <WarnIcon className="mt-0.5 shrink-0 text-bad" />;
    case "waiting":
      return <ClockIcon className="mt-0.5 shrink-0 text-ink-3" />;
  }
}
