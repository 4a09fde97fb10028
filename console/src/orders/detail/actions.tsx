import { useState } from "react";
import { useCan } from "~/api/permissions";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { ActionFault } from "~/ui/action-fault";
import { Button } from "~/ui/button";
import { CheckIcon, TruckIcon } from "~/ui/icons";
import { useKeys } from "~/ui/keys";
import { announce } from "~/ui/toast";
import { DONE } from "../actions/decide";
import { ReasonDialog, ShipDialog } from "../actions/dialogs";
import { type OrderActionProgress, useOrderAction } from "../actions/use-order-action";
import { ACTIONS, isPossible, NEEDS, type OrderAction } from "../model/lifecycle";

type Asked = "reject" | "cancel" | "ship";

/** What the state and the role allow, and nothing else. */
export function useActions(order: Order) {
  const can = useCan();
  const { orders } = useWords();
  const { orderId } = order;
  const [asking, setAsking] = useState<Asked>();
  const allowed = ACTIONS.filter((action) => can(NEEDS[action]) && isPossible(action, order.status));
  const said = (action: OrderAction) => () => announce(orders.actions[DONE[action]]);
  const progress: Record<OrderAction, OrderActionProgress> = {
    approve: useOrderAction("approve", orderId, said("approve")),
    reject: useOrderAction("reject", orderId, said("reject")),
    ship: useOrderAction("ship", orderId, said("ship")),
    deliver: useOrderAction("deliver", orderId, said("deliver")),
    cancel: useOrderAction("cancel", orderId, said("cancel")),
  };
  const begin = (action: OrderAction) => {
    if (!allowed.includes(action)) {
      return;
    }
    if (action === "approve" || action === "deliver") progress[action].run();
    else setAsking(action);
  };
  useKeys({ a: () => begin("approve"), r: () => begin("reject") });
  return { allowed, progress, asking, setAsking, begin };
}

export type Actions = ReturnType<typeof useActions>;

export function ActionButtons({ actions }: { actions: Actions }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      {actions.allowed.map((action) => (
        <ActionButton
          key={action}
          action={action}
          running={actions.progress[action].running}
          onPress={() => actions.begin(action)}
        />
      ))}
    </div>
  );
}

function ActionButton({
  action,
  running,
  onPress,
}: {
  action: OrderAction;
  running: boolean;
  onPress: () => void;
}) {
  const { orders } = useWords();
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

/** What came of actions: a refusal, or nothing yet; and what is asked before them. */
export function ActionOutcomes({ order, actions }: { order: Order; actions: Actions }) {
  const { orders } = useWords();
  const { progress, asking, setAsking } = actions;
  const close = () => setAsking(undefined);
  return (
    <>
      {!asking &&
        ACTIONS.map((action) => (
          <div key={action} className="px-4 pt-3 empty:hidden sm:px-5">
            <ActionFault what={orders.actions[action]} outcome={progress[action]} />
          </div>
        ))}
      {asking && asking !== "ship" && (
        <ReasonDialog action={asking} orderId={order.orderId} onClose={close} />
      )}
      {asking === "ship" && <ShipDialog orderId={order.orderId} onClose={close} />}
    </>
  );
}
