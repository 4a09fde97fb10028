import { type ReactNode, useEffect, useId, useRef } from "react";
import { useWords } from "~/i18n";
import { IconButton } from "./button";
import { cx } from "./classes";
import { CrossIcon } from "./icons";

export interface DialogProps {
  title: string;
  /** Called when the person leaves it; the parent then takes it off the page. */
  onClose: () => void;
  /** While something runs it can't be left by accident. */
  locked?: boolean;
  wide?: boolean;
  children: ReactNode;
}

/**
 * The browser's own dialog: it keeps the focus inside, gives it back, closes on Escape, and needs no style tag, which
 * the content security policy forbids.
 */
export function Dialog({ title, onClose, locked, wide, children }: DialogProps) {
  const { ui } = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // What it was opened for, and not the button that leaves it.
      dialog.querySelector<HTMLElement>("form :is(input, textarea, select), [data-first]")?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a press outside is what Escape is for keyboards
    <dialog
      ref={ref}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current && !locked) onClose();
      }}
      className={cx(
        "w-[calc(100vw-1.5rem)] animate-[rise_120ms_ease-out] rounded-lg border border-line bg-surface p-0 shadow-float",
        wide ? "max-w-2xl" : "max-w-md",
      )}
    >
      <div className="flex max-h-[85dvh] flex-col">
        <header className="flex items-start justify-between gap-3 px-4 pt-3.5 pb-1">
          <h2 id={heading} className="text-base font-semibold">
            {title}
          </h2>
          <IconButton
            label={ui.close}
            onClick={onClose}
            disabled={locked}
            className="-mt-0.5 -mr-1.5 pointer-coarse:-mt-2 pointer-coarse:-mr-2.5"
          >
            <CrossIcon />
          </IconButton>
        </header>
        <div className="relative scroll-pb-18 overflow-y-auto px-4 pt-1 pb-4">{children}</div>
      </div>
    </dialog>
  );
}

/** For what comes up below what is seen of a dialog. */
export function inSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

/** What ends the dialog: always in sight, however much there is above. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-4 z-10 -mx-4 mt-1 -mb-4 flex flex-wrap justify-end gap-2 bg-linear-to-t from-surface from-80% px-4 pt-4 pb-4">
      {children}
    </div>
  );
}
