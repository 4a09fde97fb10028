import { useState } from "react";
import { useClient } from "~/api/clients";
import { useCan } from "~/api/permissions";
import { useAction } from "~/api/use-action";
import {
  CancelReservationRequestSchema,
  CommitReservationRequestSchema,
  InventoryService,
  type Reservation,
  RestockReservationRequestSchema,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { ActionDialog } from "~/ui/action-dialog";
import { ActionFault } from "~/ui/action-fault";
import { Button, type ButtonKind } from "~/ui/button";
import { useKeys } from "~/ui/keys";
import { ReasonField } from "~/ui/reason-field";
import { toast } from "~/ui/toast";
import { actionsOf, type ReservationAction } from "../model/actions";

const KINDS: Record<ReservationAction, ButtonKind> = {
  commit: "primary",
  cancel: "danger",
  restock: "plain",
};

/** What the state of the reservation and the person's role allow, and nothing else. */
export function ReservationActions({
  reservation,
  onDone,
}: {
  reservation: Reservation;
  onDone: () => void;
}) {
  const { inventory } = useWords();
  const can = useCan();
  const client = useClient(InventoryService);
  const [asking, setAsking] = useState<ReservationAction>();
  const { reservationId } = reservation;
  const [reason, setReason, forgetReason] = useDraft(`reservation/${reservationId}`, "");
  const done = (words: string) => () => {
    setAsking(undefined);
    forgetReason();
    toast("good", words);
    onDone();
  };
  const commit = useAction({
    scope: `commit/${reservationId}`,
    schema: CommitReservationRequestSchema,
    send: (request) => client.commitReservation(request),
    onDone: done(inventory.commit.done),
  });
  const cancel = useAction({
    scope: `cancel/${reservationId}`,
    schema: CancelReservationRequestSchema,
    send: (request) => client.cancelReservation(request),
    onDone: done(inventory.cancel.done),
  });
  const restock = useAction({
    scope: `restock/${reservationId}`,
    schema: RestockReservationRequestSchema,
    send: (request) => client.restockReservation(request),
    onDone: done(inventory.restock.done),
  });
  const actions = { commit, cancel, restock };
  const possible = actionsOf(reservation, can);
  useKeys(possible.includes("commit") ? { c: () => setAsking("commit") } : {});

  const go = (action: ReservationAction) => {
    if (action === "commit") {
      commit.run({ reservationId });
    } else {
      actions[action].run({ reservationId, reason: reason.trim() });
    }
  };

  return (
    <>
      {possible.toReversed().map((action) => (
        <Button
          key={action}
          kind={KINDS[action]}
          hint={action === "commit" ? "C" : undefined}
          busy={actions[action].running}
          onClick={() => setAsking(action)}
        >
          {inventory[action].action}
        </Button>
      ))}
      {Object.entries(actions).map(
        ([name, action]) =>
          asking !== name && (
            <div key={name} className="basis-full empty:hidden">
              <ActionFault what={inventory[name as ReservationAction].action} outcome={action} />
            </div>
          ),
      )}
      {asking && (
        <ActionDialog
          title={inventory[asking].title}
          action={actions[asking]}
          kind={asking === "cancel" ? "danger" : "primary"}
          go={inventory[asking].action}
          onGo={() => go(asking)}
          onClose={() => {
            actions[asking].clear();
            setAsking(undefined);
          }}
        >
          <p className="text-ink-2">{inventory[asking].help}</p>
          {asking !== "commit" && (
            <div className="mt-3">
              <ReasonField
                value={reason}
                onChange={setReason}
                refusal={actions[asking].refusal}
                help={inventory.reasonHelp}
              />
            </div>
          )}
        </ActionDialog>
      )}
    </>
  );
}
