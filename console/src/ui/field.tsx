import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./classes";

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  "aria-required": true | undefined;
}

export interface FieldProps {
  label: string;
  /** What is wrong, in words; several when both the page and the server have something to say. */
  faults?: readonly string[] | undefined;
  help?: ReactNode;
  required?: boolean;
  /** Where there is room the head of a table says it; the label is then for those who do not see that. */
  hideLabel?: boolean;
  className?: string;
  children: (wiring: Wiring) => ReactNode;
}

/** A label, a control and what is wrong with it, tied together. */
export function Field({ label, faults = [], help, required, hideLabel, className, children }: FieldProps) {
  const id = useId();
  const note = faults.length > 0 || help ? `${id}-note` : undefined;
  return (
    <div className={cx("min-w-0", className)}>
      <label
        htmlFor={id}
        className={cx("mb-1 block text-xs font-medium text-ink-2", hideLabel && "sm:sr-only")}
      >
        {label}
        {required && (
          <span aria-hidden="true" className="text-bad">
            {" "}
            *
          </span>
        )}
      </label>
      {children({
        id,
        "aria-describedby": note,
        "aria-invalid": faults.length > 0 || undefined,
        "aria-required": required || undefined,
      })}
      {note && (
        <div id={note} className="mt-1 text-xs">
          {faults.map((fault) => (
            <p key={fault} className="text-bad">
              {fault}
            </p>
          ))}
          {faults.length === 0 && help && <div className="text-ink-3">{help}</div>}
        </div>
      )}
    </div>
  );
}

/** Takes the keyboard to the first field with a fault, once it is drawn. */
export function focusFault(form: HTMLElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}

export const inputClass = cx(
  "h-8 w-full min-w-0 rounded-md border border-line-strong/70 bg-surface px-2.5 text-sm pointer-coarse:h-10",
  "hover:border-line-strong focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0",
  "aria-invalid:border-bad aria-invalid:outline-bad disabled:bg-sunken disabled:text-ink-3",
);

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input autoComplete="off" spellCheck={false} {...rest} className={cx(inputClass, className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return (
    <textarea
      rows={3}
      {...rest}
      className={cx(inputClass, "h-auto py-1.5 pointer-coarse:h-auto", className)}
    />
  );
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select {...rest} className={cx(inputClass, "pr-1", className)} />;
}
