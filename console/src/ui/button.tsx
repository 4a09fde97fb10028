import type { ComponentProps, ReactNode } from "react";
import { cx } from "./classes";
import { Spinner } from "./icons";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const KINDS: Record<ButtonKind, string> = {
  primary: "bg-accent text-accent-ink hover:bg-accent-hover border-transparent",
  plain: "bg-surface text-ink border-line-strong/60 hover:bg-hover hover:border-line-strong",
  quiet: "bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border-bad/45 hover:bg-bad hover:text-bad-ink hover:border-bad",
};

export interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  kind?: ButtonKind;
  size?: "sm" | "md";
  /** It runs: it says so, and can't be pressed again. */
  busy?: boolean;
  /** The key that does the same, shown in the button. */
  hint?: string | undefined;
  children?: ReactNode;
}

export function buttonClass(kind: ButtonKind, size: "sm" | "md"): string {
  return cx(
    "inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium select-none",
    "transition-colors duration-100 disabled:opacity-45 disabled:pointer-events-none",
    size === "sm" ? "h-7 px-2.5 text-xs pointer-coarse:h-9" : "h-8 px-3 text-sm pointer-coarse:h-10",
    KINDS[kind],
  );
}

export function Button({
  kind = "plain",
  size = "md",
  busy,
  hint,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={cx(buttonClass(kind, size), className)}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      aria-keyshortcuts={hint?.toLowerCase()}
    >
      {busy && <Spinner />}
      {children}
      {hint && !busy && <Key onFilled={kind === "primary"}>{hint}</Key>}
    </button>
  );
}

/** A button with only a picture; its name is for those who do not see it, and its title. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        "inline-grid size-7 shrink-0 place-items-center rounded-md text-ink-2 hover:bg-hover hover:text-ink",
        "disabled:pointer-events-none disabled:opacity-40 pointer-coarse:size-10",
        className,
      )}
    >
      {children}
    </button>
  );
}

/** A key of the keyboard. Where there is hardly room, or no keyboard, it is left out, unless it is what is told. */
export function Key({
  children,
  onFilled,
  always,
}: {
  children: string;
  onFilled?: boolean;
  always?: boolean;
}) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "min-w-4.5 rounded-sm border px-1 text-center font-mono text-2xs leading-4",
        always ? "inline-block" : "hidden sm:pointer-fine:inline-block",
        onFilled ? "border-current/40 text-current" : "border-line-strong/50 bg-sunken text-ink-2",
      )}
    >
      {children.length === 1 ? children.toUpperCase() : children}
    </span>
  );
}
