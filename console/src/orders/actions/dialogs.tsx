import { useState } from "react";
import { useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { isName, isNote } from "~/lib/texts";
import { ActionDialog } from "~/ui/action-dialog";
import { Field, Input } from "~/ui/field";
import { ReasonField } from "~/ui/reason-field";
import { useOrderAction } from "./use-order-action";

interface OrderDialogProps {
  orderId: string;
  onClose: () => void;
  onDone?: () => void;
}

/** Reasons given since the page was opened: who refuses many orders refuses them for few reasons. */
const recent: string[] = [];

function remember(reason: string): void {
  const known = recent.indexOf(reason);
  if (known >= 0) recent.splice(known, 1);
  if (reason) recent.unshift(reason);
  recent.length = Math.min(recent.length, 4);
}

/** Rejects or cancels, with a reason. */
export function ReasonDialog({
  action,
  orderId,
  onClose,
  onDone,
}: OrderDialogProps & { action: "reject" | "cancel" }) {
  const { orders } = useWords();
  const words = orders.actions;
  const [reason, setReason, forgetDraft] = useDraft(`${action}/${orderId}`, "");
  const progress = useOrderAction(action, orderId, () => {
    remember(reason.trim());
    forgetDraft();
    onClose();
    onDone?.();
  });
  return (
    <ActionDialog
      title={action === "reject" ? words.rejectTitle : words.cancelTitle}
      action={progress}
      go={words[action]}
      keep={action === "cancel" ? words.keep : undefined}
      kind="danger"
      disabled={!isNote(reason)}
      onGo={() => progress.run({ reason })}
      onClose={onClose}
    >
      {action === "cancel" && <p className="mb-3 text-ink-2">{words.cancelHelp}</p>}
      <Reason value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

/** A reason, with those that were given before one press away. */
export function Reason({ value, onChange }: { value: string; onChange: (reason: string) => void }) {
  const { ui } = useWords();
  return (
    <>
      <ReasonField value={value} onChange={onChange} help={ui.reasonHelp} />
      {recent.length > 0 && (
        <div className="mt-2 flex flex-wrap gap-1.5">
          {recent.map((text) => (
            <button
              key={text}
              type="button"
              onClick={() => onChange(text)}
              className="max-w-full truncate rounded-full border border-line-strong/60 px-2.5 py-1 text-xs text-ink-2 hover:bg-hover hover:text-ink"
            >
              {text}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

/** Records that the parcel left. */
export function ShipDialog({ orderId, onClose }: OrderDialogProps) {
  const { orders } = useWords();
  const words = orders.actions;
  const [parcel, setParcel, forgetDraft] = useDraft(`ship/${orderId}`, { carrier: "", trackingNumber: "" });
  const [tried, setTried] = useState(false);
  const progress = useOrderAction("ship", orderId, () => {
    forgetDraft();
    onClose();
  });
  const faults = (text: string) =>
    !tried || isName(text) ? [] : [text === "" ? words.labelNone : words.labelFault];
  const field = (name: "carrier" | "trackingNumber", label: string) => (
    <Field label={label} required faults={faults(parcel[name])}>
      {(wiring) => (
        <Input
          {...wiring}
          className={name === "trackingNumber" ? "font-mono" : undefined}
          value={parcel[name]}
          onChange={(event) => setParcel((before) => ({ ...before, [name]: event.target.value }))}
        />
      )}
    </Field>
  );
  return (
    <ActionDialog
      title={words.shipTitle}
      action={progress}
      go={words.ship}
      onGo={() => {
        setTried(true);
        if (isName(parcel.carrier) && isName(parcel.trackingNumber)) progress.run(parcel);
      }}
      onClose={onClose}
    >
      <div className="space-y-3">
        {field("carrier", words.carrier)}
        {field("trackingNumber", words.tracking)}
      </div>
    </ActionDialog>
  );
}
