import { useEffect, useState } from "react";
import { intents, useActionState } from "~/api/action";
import { useCan } from "~/api/permissions";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatClock } from "~/lib/time";
import { ActionFault } from "~/ui/action-fault";
import { Button } from "~/ui/button";
import { CheckIcon, TruckIcon } from "~/ui/icons";
import { useKeys } from "~/ui/keys";
import { announce } from "~/ui/toast";
import { repeatOf, scopeOf, useAct } from "../actions/decide";
import { ReasonDialog, ShipDialog } from "../actions/dialogs";
import { ACTIONS, isPossible, NEEDS, type OrderAction } from "../model/lifecycle";

type Asked = "reject" | "cancel" | "ship";

/** What the state and the role allow, and nothing else. */
export function useActions(order: Order) {
  const can = useCan();
  const { orders } = useWords();
  const act = useAct();
  const [asking, setAsking] = useState<Asked>();
  const [fault, setFault] = useState<{ action: OrderAction; error: unknown }>();
  const allowed = ACTIONS.filter((action) => can(NEEDS[action]) && isPossible(action, order.status));

  // What was refused in a state is of no interest in the next.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state is what it depends on
  useEffect(
    () => setFault((before) => (before?.error instanceof Error ? before : undefined)),
    [order.status],
  );

  const run = async (action: "approve" | "deliver") => {
    setFault(undefined);
    try {
      await act(action, order.orderId);
      announce(action === "approve" ? orders.actions.approved : orders.actions.delivered);
    } catch (error) {
      setFault({ action, error });
    }
  };
  const begin = (action: OrderAction) => {
    if (!allowed.includes(action)) {
      return;
    }
    if (action === "approve" || action === "deliver") void run(action);
    else setAsking(action);
  };
  useKeys({ a: () => begin("approve"), r: () => begin("reject") });
  return { allowed, asking, setAsking, fault, setFault, begin };
}

export type Actions = ReturnType<typeof useActions>;

export function ActionButtons({ order, actions }: { order: Order; actions: Actions }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      {actions.allowed.map((action) => (
        <ActionButton key={action} action={action} order={order} onPress={() => actions.begin(action)} />
      ))}
    </div>
  );
}

function ActionButton({
  action,
  order,
  onPress,
}: {
  action: OrderAction;
  order: Order;
  onPress: () => void;
}) {
  const { orders } = useWords();
  const { running } = useActionState(scopeOf(action, order.orderId));
  const primary = action === "approve" || action === "ship" || action === "deliver";
  const hint = action === "approve" ? "a" : action === "reject" ? "r" : undefined;
  return (
    <Button
      kind={primary ? "primary" : action === "reject" ? "danger" : "plain"}
      busy={running}
      hint={hint}
      onClick={onPress}
    >
      {!running && action === "approve" && <CheckIcon />}
      {!running && action === "ship" && <TruckIcon className="[&_circle]:fill-accent" />}
      {orders.actions[action]}
    </Button>
  );
}

/** What came of actions: a refusal, or nothing yet. */
export function ActionOutcomes({ order, actions }: { order: Order; actions: Actions }) {
  const { fault, setFault, asking, setAsking } = actions;
  return (
    <>
      {fault && (
        <div className="px-4 pt-3 sm:px-5">
          <ActionFault
            error={fault.error}
            onAgain={() => actions.begin(fault.action)}
            onForget={() => {
              intents.settle(scopeOf(fault.action, order.orderId));
              setFault(undefined);
            }}
          />
        </div>
      )}
      {!fault && !asking && ACTIONS.map((action) => <Open key={action} action={action} order={order} />)}
      {asking && asking !== "ship" && (
        <ReasonDialog action={asking} orderId={order.orderId} onClose={() => setAsking(undefined)} />
      )}
      {asking === "ship" && <ShipDialog orderId={order.orderId} onClose={() => setAsking(undefined)} />}
    </>
  );
}

/** Something was sent, perhaps before the page was loaded again, and nobody knows what came of it. */
function Open({ action, order }: { action: OrderAction; order: Order }) {
  const { orders, action: words } = useWords();
  const language = useLanguage();
  const { unanswered, forget } = useActionState(scopeOf(action, order.orderId));
  const act = useAct();
  const [error, setError] = useState<unknown>();
  if (!unanswered) {
    return null;
  }
  const again = () => {
    setError(undefined);
    act(action, order.orderId, repeatOf(action, unanswered)).catch(setError);
  };
  return (
    <div className="px-4 pt-3 sm:px-5">
      {error === undefined ? (
        <div role="status" className="rounded-md border border-waiting/40 bg-waiting-tint px-3 py-2.5">
          <p className="font-medium">
            {orders.actions[action]}: {words.unknown}
          </p>
          <p className="text-ink-2">{words.unknownHelp(formatClock(unanswered.since, language))}</p>
          <div className="mt-2 flex gap-2">
            <Button size="sm" onClick={again}>
              {words.askAgain}
            </Button>
            <Button size="sm" kind="quiet" onClick={forget}>
              {words.forget}
            </Button>
          </div>
        </div>
      ) : (
        <ActionFault error={error} onAgain={again} onForget={forget} />
      )}
    </div>
  );
}
