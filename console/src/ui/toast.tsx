import type { ReactNode } from "react";
import { useWords } from "~/i18n";
import { createStore, useStore } from "~/lib/store";
import { IconButton } from "./button";
import { cx } from "./classes";
import { CheckIcon, CrossIcon, WarnIcon } from "./icons";

export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad";
  readonly title: string;
  readonly detail?: ReactNode;
}

const SHOWN_MS = 5_000;
const MOST = 4;
const toasts = createStore<readonly Toast[]>([]);
let next = 0;

/** Says what came of something. A fault stays until it is read. */
export function toast(tone: Toast["tone"], title: string, detail?: ReactNode): void {
  next += 1;
  const id = next;
  toasts.set([...toasts.get().slice(1 - MOST), { id, tone, title, detail }]);
  if (tone === "good") {
    setTimeout(() => dismiss(id), SHOWN_MS);
  }
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((shown) => shown.id !== id));
}

const announced = createStore("");

/** Says to those who do not see the page what those who do see at once. */
export function announce(text: string): void {
  // The same words twice are said twice only when they change in between.
  announced.set(announced.get() === text ? `${text}\u00a0` : text);
}

export function Toasts() {
  const shown = useStore(toasts);
  const said = useStore(announced);
  const { ui } = useWords();
  return (
    <section
      aria-label={ui.notices}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col items-end gap-2 sm:bottom-4 sm:left-auto sm:w-88"
    >
      <p className="sr-only">{said}</p>
      {shown.map(({ id, tone, title, detail }) => (
        <div
          key={id}
          className="pointer-events-auto flex w-full animate-[rise_140ms_ease-out] gap-2.5 rounded-md border border-line bg-surface py-2.5 pr-1.5 pl-3 shadow-float"
        >
          <span className={cx("mt-0.5", tone === "good" ? "text-good" : "text-bad")}>
            {tone === "good" ? <CheckIcon /> : <WarnIcon />}
          </span>
          <div className="min-w-0 flex-1 py-px">
            <p className="font-medium">{title}</p>
            {detail && <div className="mt-0.5 text-xs text-ink-2">{detail}</div>}
          </div>
          <IconButton label={ui.close} onClick={() => dismiss(id)} className="-my-1">
            <CrossIcon />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
