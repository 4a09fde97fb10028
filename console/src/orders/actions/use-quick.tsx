import { useCallback } from "react";
import { Refused, Unanswered } from "~/api/action";
import { useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { refusalOf } from "~/lib/refusal";
import { RefusalText } from "~/ui/states";
import { announce, toast } from "~/ui/toast";
import { useAct } from "./decide";

/** Actions that need nothing more than a press: their place on the page shows that they run and what came of them. */
export function useQuick(): (action: "approve" | "deliver", orderId: string) => Promise<boolean> {
  const act = useAct();
  const { orders, action: words } = useWords();
  return useCallback(
    async (action, orderId) => {
      try {
        await act(action, orderId);
        announce(
          `${action === "approve" ? orders.actions.approved : orders.actions.delivered}: ${shortId(orderId)}`,
        );
        return true;
      } catch (error) {
        const refusal = error instanceof Refused ? error.refusal : refusalOf(error);
        const open = error instanceof Unanswered || (error instanceof Refused && error.unanswered);
        toast(
          "bad",
          `${orders.actions[action]}: ${shortId(orderId)}`,
          open ? words.unknown : <RefusalText refusal={refusal} />,
        );
        return false;
      }
    },
    [act, orders, words],
  );
}
