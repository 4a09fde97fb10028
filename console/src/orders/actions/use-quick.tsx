import { useCallback } from "react";
import { refusalIn } from "~/api/action";
import { useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { RefusalText } from "~/ui/states";
import { announce, toast } from "~/ui/toast";
import { DONE, useAct } from "./decide";

/** Actions that need nothing more than a press: their place on the page shows that they run and what came of them. */
export function useQuick(): (action: "approve" | "deliver", orderId: string) => Promise<boolean> {
  const act = useAct();
  const { orders, action: words } = useWords();
  return useCallback(
    async (action, orderId) => {
      try {
        await act(action, orderId);
        announce(`${orders.actions[DONE[action]]}: ${shortId(orderId)}`);
        return true;
      } catch (error) {
        const refusal = refusalIn(error);
        toast(
          "bad",
          `${orders.actions[action]}: ${shortId(orderId)}`,
          refusal ? <RefusalText refusal={refusal} /> : words.unknown,
        );
        return false;
      }
    },
    [act, orders, words],
  );
}
