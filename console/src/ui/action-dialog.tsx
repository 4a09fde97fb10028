import type { ReactNode } from "react";
import { useWords } from "~/i18n";
import { ActionFault, type ActionOutcome } from "./action-fault";
import { Button, type ButtonKind } from "./button";
import { Dialog, DialogActions } from "./dialog";
import { focusFault } from "./field";

/** How far an action is. */
export interface ActionProgress extends ActionOutcome {
  readonly running: boolean;
}

/** Asks before something is done, and says what came of it. What was typed stays until it is done. */
export function ActionDialog({
  title,
  action,
  go,
  what = go,
  keep,
  kind = "primary",
  disabled = false,
  explain,
  onGo,
  onClose,
  wide,
  children,
}: {
  title: string;
  /** Left out where it is begun elsewhere. */
  action?: ActionProgress;
  /** What the button does, in words. */
  go: string;
  /** What was asked for, in words: not `go` where that changes with what is typed. */
  what?: string;
  keep?: string | undefined;
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
  const running = action?.running ?? false;
  const blocked = disabled || action?.unanswered !== undefined;
  return (
    <Dialog title={title} onClose={onClose} locked={running} wide={wide ?? false}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // By the keyboard a form is sent whatever its button says.
          if (!blocked && !running) onGo();
          focusFault(event.currentTarget);
        }}
      >
        {children}
        {action && (
          <div className="mt-3 empty:hidden">
            <ActionFault what={what} outcome={action} explain={explain} />
          </div>
        )}
        <DialogActions>
          <Button kind="quiet" onClick={onClose} disabled={running}>
            {keep ?? ui.cancel}
          </Button>
          <Button kind={kind} type="submit" busy={running} disabled={blocked}>
            {go}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
