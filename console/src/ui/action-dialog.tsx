import type { ReactNode } from "react";
import { useWords } from "~/i18n";
import type { Intent } from "~/lib/intents";
import type { Refusal } from "~/lib/refusal";
import { Button, type ButtonKind } from "./button";
import { Dialog, DialogActions, inSight } from "./dialog";
import { focusFault } from "./field";
import { RefusalText } from "./states";
import { UnansweredNote } from "./unanswered";

/** How far an action is. */
export interface ActionProgress {
  readonly running: boolean;
  readonly unanswered: Intent | undefined;
  readonly refusal: Refusal | undefined;
  readonly again: () => void;
  readonly forget: () => void;
}

/** Asks before something is done, and says what came of it. What was typed stays until it is done. */
export function ActionDialog({
  title,
  action,
  go,
  keep,
  kind = "primary",
  disabled,
  explain,
  onGo,
  onClose,
  wide,
  children,
}: {
  title: string;
  action: ActionProgress;
  /** What the button does, in words. */
  go: string;
  keep?: string;
  kind?: ButtonKind;
  disabled?: boolean;
  /** What a refusal means here, beyond the system's words. */
  explain?: ReactNode;
  onGo: () => void;
  onClose: () => void;
  wide?: boolean;
  children?: ReactNode;
}) {
  const { ui } = useWords();
  const { running, unanswered, refusal } = action;
  return (
    <Dialog title={title} onClose={onClose} locked={running} wide={wide ?? false}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onGo();
          focusFault(event.currentTarget);
        }}
      >
        {children}
        {unanswered && (
          <div className="mt-3">
            <UnansweredNote intent={unanswered} what={go} onAgain={action.again} onForget={action.forget} />
          </div>
        )}
        {refusal && (
          <div
            ref={inSight}
            role="alert"
            className="mt-3 rounded-md border border-bad/30 bg-bad-tint px-3.5 py-3"
          >
            <RefusalText refusal={refusal} />
            {explain && <div className="mt-2">{explain}</div>}
          </div>
        )}
        <DialogActions>
          <Button kind="quiet" onClick={onClose} disabled={running}>
            {keep ?? ui.cancel}
          </Button>
          <Button
            kind={kind}
            type="submit"
            busy={running}
            disabled={disabled === true || unanswered !== undefined}
          >
            {go}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
