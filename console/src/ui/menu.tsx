import {
  cloneElement,
  createContext,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useContext,
  useId,
  useRef,
  useState,
} from "react";
import { flushSync } from "react-dom";
import { useWords } from "~/i18n";
import { cx } from "./classes";
import { CheckIcon, ChevronDownIcon, CrossIcon } from "./icons";

const CONTENT = cx(
  "fixed inset-auto m-0 min-w-44 overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-float",
  "animate-[rise_100ms_ease-out]",
);
const ITEM = cx(
  "flex h-7.5 w-full items-center gap-2 rounded-sm px-2 text-left text-sm select-none pointer-coarse:h-10",
  "hover:bg-hover focus:bg-hover focus-visible:outline-offset-[-2px]",
);
const GAP = 4;
const EDGE = 8;
/** A menu fits where there is so much room. */
const ROOMY = 260;

const CloseMenu = createContext<() => void>(() => {});

interface TriggerProps {
  popoverTarget?: string;
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/**
 * A menu at a button, on the browser's own popover: it lies above everything, closes on Escape and on a press outside,
 * and gives the focus back. The page behind is not locked.
 */
export function Menu({
  trigger,
  align = "start",
  children,
}: {
  trigger: ReactElement<TriggerProps>;
  align?: "start" | "end";
  children: ReactNode;
}) {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => menu.current?.hidePopover();

  const move = (event: KeyboardEvent) => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    } else if (event.key === "Tab") {
      close();
    } else if (event.key.length === 1 && event.key !== " ") {
      const typed = event.key.toLocaleLowerCase();
      const next = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      next.find((item) => item.textContent?.trim().toLocaleLowerCase().startsWith(typed))?.focus();
    }
  };

  return (
    <span ref={anchor} className="contents">
      {cloneElement(trigger, {
        popoverTarget: id,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        onKeyDown: (event) => {
          if (event.key === "ArrowDown" && !open) {
            event.preventDefault();
            menu.current?.showPopover();
          }
        },
      })}
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        onKeyDown={move}
        onBeforeToggle={(event) => {
          const opens = event.newState === "open";
          const button = anchor.current?.querySelector("button");
          if (opens && button) place(event.currentTarget, button, align);
          flushSync(() => setOpen(opens));
        }}
        onToggle={(event) => {
          if (event.newState === "open") firstItem(event.currentTarget)?.focus();
        }}
        className={CONTENT}
      >
        <CloseMenu value={close}>{open && children}</CloseMenu>
      </div>
    </span>
  );
}

function firstItem(menu: HTMLElement): HTMLElement | null {
  return (
    menu.querySelector<HTMLElement>("[aria-checked=true]") ??
    menu.querySelector<HTMLElement>("[role^=menuitem]")
  );
}

/** Below the button, or above it where there is more room. Done before it is shown, so by the button alone. */
function place({ style }: HTMLElement, button: HTMLElement, align: "start" | "end"): void {
  const at = button.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = clientHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const up = below < ROOMY && above > below;
  const end = align === "end" ? at.right > ROOMY : at.left + ROOMY > clientWidth;
  style.left = end ? "auto" : `${Math.max(EDGE, at.left)}px`;
  style.right = end ? `${Math.max(EDGE, clientWidth - at.right)}px` : "auto";
  style.top = up ? "auto" : `${at.bottom + GAP}px`;
  style.bottom = up ? `${clientHeight - at.top + GAP}px` : "auto";
  style.maxHeight = `${up ? above : below}px`;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <div role="presentation" className="px-2 pt-1.5 pb-1 text-xs text-ink-3">
      {children}
    </div>
  );
}

export function MenuLine() {
  return <hr className="mx-1 my-1 border-line" />;
}

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  const close = useContext(CloseMenu);
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={ITEM}
      onClick={() => {
        close();
        onSelect();
      }}
    >
      {children}
    </button>
  );
}

export interface Choice<V extends string> {
  readonly value: V;
  readonly label: ReactNode;
}

/** One of several. */
export function MenuChoices<V extends string>({
  value,
  choices,
  onChange,
}: {
  value: V | undefined;
  choices: readonly Choice<V>[];
  onChange: (value: V) => void;
}) {
  const close = useContext(CloseMenu);
  return choices.map((choice) => (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={choice.value === value}
      tabIndex={-1}
      key={choice.value}
      className={ITEM}
      onClick={() => {
        close();
        onChange(choice.value);
      }}
    >
      <span className="grid size-4 place-items-center text-accent">
        {choice.value === value && <CheckIcon />}
      </span>
      {choice.label}
    </button>
  ));
}

/** Any of several; it stays open while they are chosen. */
export function MenuChecks<V extends string>({
  values,
  choices,
  onChange,
}: {
  values: readonly V[];
  choices: readonly Choice<V>[];
  onChange: (values: V[]) => void;
}) {
  const toggle = (value: V) =>
    onChange(
      values.includes(value)
        ? values.filter((other) => other !== value)
        : // In the order in which they are offered, so that the same choice is the same address.
          choices.map((choice) => choice.value).filter((other) => other === value || values.includes(other)),
    );
  return choices.map((choice) => {
    const checked = values.includes(choice.value);
    return (
      <button
        type="button"
        role="menuitemcheckbox"
        aria-checked={checked}
        tabIndex={-1}
        key={choice.value}
        onClick={() => toggle(choice.value)}
        className={ITEM}
      >
        <span
          className={cx(
            "grid size-4 place-items-center rounded-sm border text-accent-ink",
            checked ? "border-accent bg-accent" : "border-line-strong",
          )}
        >
          {checked && <CheckIcon width="12" height="12" strokeWidth="2" />}
        </span>
        {choice.label}
      </button>
    );
  });
}

/** A filter in the bar: its name, what is chosen, and a way to let it go. */
export function FilterMenu({
  name,
  chosen,
  onClear,
  children,
}: {
  name: string;
  /** What is chosen, in words; `undefined`: nothing. */
  chosen: ReactNode;
  onClear: () => void;
  children: ReactNode;
}) {
  const { ui } = useWords();
  return (
    <div
      className={cx(
        "inline-flex h-8 max-w-full items-center rounded-md border text-sm pointer-coarse:h-10",
        chosen
          ? "border-accent/50 bg-accent-tint"
          : "border-dashed border-line-strong/70 text-ink-2 hover:border-solid hover:text-ink",
      )}
    >
      <Menu
        trigger={
          <button type="button" className="inline-flex h-full min-w-0 items-center gap-1.5 rounded-md px-2.5">
            <span className={chosen ? "text-ink-2" : undefined}>{name}</span>
            {chosen ? (
              <span className="truncate font-medium">{chosen}</span>
            ) : (
              <ChevronDownIcon width="12" height="12" />
            )}
          </button>
        }
      >
        {children}
      </Menu>
      {chosen && (
        <button
          type="button"
          onClick={onClear}
          aria-label={`${ui.clear}: ${name}`}
          title={ui.clear}
          className="grid h-full w-7 place-items-center rounded-md text-ink-2 hover:text-ink pointer-coarse:w-9"
        >
          <CrossIcon width="12" height="12" />
        </button>
      )}
    </div>
  );
}
