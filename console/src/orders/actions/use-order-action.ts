import { useState } from "react";
import { refusalIn, useActionState } from "~/api/action";
import type { Refusal } from "~/lib/refusal";
import type { ActionProgress } from "~/ui/action-dialog";
import type { OrderAction } from "../model/lifecycle";
import { type Particulars, repeatOf, scopeOf, useAct } from "./decide";

export interface OrderActionProgress extends ActionProgress {
  readonly run: (particulars?: Particulars) => void;
}

/** One action on one order, with everything that its button or dialog has to say. */
export function useOrderAction(
  action: OrderAction,
  orderId: string,
  onDone: () => void,
): OrderActionProgress {
  const act = useAct();
  const { running, unanswered, forget } = useActionState(scopeOf(action, orderId));
  const [refusal, setRefusal] = useState<Refusal>();
  const run = (particulars?: Particulars) => {
    setRefusal(undefined);
    // Without an answer there is an intent, which is shown instead.
    act(action, orderId, particulars).then(onDone, (error: unknown) => setRefusal(refusalIn(error)));
  };
  // As it was, whatever was typed since.
  const again = () => unanswered && run(repeatOf(action, unanswered));
  return { running, unanswered, refusal, run, again, forget };
}
