import { type FormEvent, useState } from "react";
import { intents, useActionState } from "~/api/action";
import { useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { ActionFault } from "~/ui/action-fault";
import { Button, type ButtonKind } from "~/ui/button";
import { Dialog, DialogActions, inSight } from "~/ui/dialog";
import { Field, focusFault, Input, TextArea } from "~/ui/field";
import type { OrderAction } from "../model/lifecycle";
import { type Particulars, scopeOf, useAct } from "./decide";

const MAX_NOTE = 500;
const MAX_LABEL = 64;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const isNote = (text: string) => [...text].length <= MAX_NOTE && !CONTROL.test(text);
const isLabel = (text: string) => text !== "" && [...text].length <= MAX_LABEL && !CONTROL.test(text);

interface ActionDialogProps {
  orderId: string;
  onClose: () => void;
  onDone?: () => void;
}

/** Sends an action from a dialog; what is refused is shown in it, and what was typed stays. */
function useDialogAction(action: OrderAction, { orderId, onClose, onDone }: ActionDialogProps) {
  const act = useAct();
  const { running } = useActionState(scopeOf(action, orderId));
  const [fault, setFault] = useState<unknown>();
  const send = async (particulars: Particulars, sent: () => void) => {
    setFault(undefined);
    try {
      await act(action, orderId, particulars);
      sent();
      onClose();
      onDone?.();
    } catch (error) {
      setFault(error);
    }
  };
  const forget = () => {
    intents.settle(scopeOf(action, orderId));
    setFault(undefined);
  };
  return { running, fault, send, forget };
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
export function ReasonDialog({ action, ...props }: ActionDialogProps & { action: "reject" | "cancel" }) {
  const { orders, ui } = useWords();
  const [reason, setReason, forgetDraft] = useDraft(`${action}/${props.orderId}`, "");
  const { running, fault, send, forget } = useDialogAction(action, props);
  const words = orders.actions;
  const submit = () =>
    send({ reason }, () => {
      remember(reason.trim());
      forgetDraft();
    });
  return (
    <ReasonForm
      title={action === "reject" ? words.rejectTitle : words.cancelTitle}
      help={action === "cancel" ? words.cancelHelp : undefined}
      confirm={words[action]}
      dismiss={action === "cancel" ? words.keep : ui.cancel}
      reason={reason}
      onReason={setReason}
      busy={running}
      onClose={props.onClose}
      onSubmit={() => void submit()}
      fault={
        fault !== undefined && <ActionFault error={fault} onAgain={() => void submit()} onForget={forget} />
      }
    />
  );
}

export function ReasonForm({
  title,
  help,
  confirm,
  dismiss,
  kind = "danger",
  reason,
  onReason,
  busy,
  onClose,
  onSubmit,
  fault,
  children,
}: {
  title: string;
  help?: React.ReactNode;
  confirm: string;
  dismiss: string;
  kind?: ButtonKind;
  reason: string;
  onReason: (reason: string) => void;
  busy: boolean;
  onClose: () => void;
  onSubmit: () => void;
  fault?: React.ReactNode;
  children?: React.ReactNode;
}) {
  const { ui, orders } = useWords();
  const valid = isNote(reason);
  return (
    <Dialog title={title} onClose={onClose} locked={busy}>
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (valid && !busy) onSubmit();
        }}
      >
        {help && <p className="mb-3 text-ink-2">{help}</p>}
        {children}
        <Field
          label={`${ui.reason} (${ui.optional})`}
          help={ui.reasonHelp}
          faults={valid ? [] : [orders.actions.noteFault]}
        >
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={2}
              value={reason}
              onChange={(event) => onReason(event.target.value)}
              onKeyDown={(event) => {
                // A reason is one line; Enter sends it.
                if (event.key === "Enter" && !event.nativeEvent.isComposing) {
                  event.preventDefault();
                  event.currentTarget.form?.requestSubmit();
                }
              }}
            />
          )}
        </Field>
        {recent.length > 0 && (
          <div className="mt-2 flex flex-wrap gap-1.5">
            {recent.map((text) => (
              <button
                key={text}
                type="button"
                onClick={() => onReason(text)}
                className="max-w-full truncate rounded-full border border-line-strong/60 px-2.5 py-1 text-xs text-ink-2 hover:bg-hover hover:text-ink"
              >
                {text}
              </button>
            ))}
          </div>
        )}
        {fault && (
          <div ref={inSight} className="mt-3">
            {fault}
          </div>
        )}
        <DialogActions>
          <Button kind="quiet" onClick={onClose} disabled={busy}>
            {dismiss}
          </Button>
          <Button kind={kind} type="submit" busy={busy} disabled={!valid}>
            {confirm}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Records that the parcel left. */
export function ShipDialog(props: ActionDialogProps) {
  const { orders, ui } = useWords();
  const words = orders.actions;
  const [parcel, setParcel, forgetDraft] = useDraft(`ship/${props.orderId}`, {
    carrier: "",
    trackingNumber: "",
  });
  const [tried, setTried] = useState(false);
  const { running, fault, send, forget } = useDialogAction("ship", props);
  const submit = () => send(parcel, forgetDraft);
  const faults = (text: string) =>
    !tried || isLabel(text) ? [] : [text === "" ? words.labelNone : words.labelFault];
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
    <Dialog title={words.shipTitle} onClose={props.onClose} locked={running}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (isLabel(parcel.carrier) && isLabel(parcel.trackingNumber)) void submit();
          else focusFault(event.currentTarget);
        }}
      >
        {field("carrier", words.carrier)}
        {field("trackingNumber", words.tracking)}
        {fault !== undefined && <ActionFault error={fault} onAgain={() => void submit()} onForget={forget} />}
        <DialogActions>
          <Button kind="quiet" onClick={props.onClose} disabled={running}>
            {ui.cancel}
          </Button>
          <Button kind="primary" type="submit" busy={running}>
            {words.ship}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
