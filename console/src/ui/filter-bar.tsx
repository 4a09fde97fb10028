import { type ReactNode, type Ref, useEffect, useId, useRef, useState } from "react";
import { Key } from "./button";
import { cx } from "./classes";
import { inputClass } from "./field";
import { SearchIcon } from "./icons";

/** What narrows a list down. What is chosen lives in the address; the bar only shows it. */
export function FilterBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <search aria-label={label} className="flex flex-wrap items-center gap-2">
      {children}
    </search>
  );
}

const PAUSE_MS = 300;

/** A text that is searched for once the person pauses. */
export function SearchInput({
  label,
  value,
  onChange,
  hint,
  icon = <SearchIcon />,
  className,
  ref,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The key that leads here. */
  hint?: string;
  icon?: ReactNode;
  className?: string;
  ref?: Ref<HTMLInputElement>;
}) {
  const id = useId();
  const [text, setText] = useState(value);
  const told = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // The address changed by other means, such as going back.
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const tell = (next: string) => {
    clearTimeout(timer.current);
    if (next !== told.current) {
      told.current = next;
      onChange(next);
    }
  };

  return (
    <div className={cx("relative", className)}>
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <span className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3">
        {icon}
      </span>
      <input
        ref={ref}
        id={id}
        type="search"
        value={text}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => tell(next.trim()), PAUSE_MS);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") tell(text.trim());
          if (event.key === "Escape") {
            if (text) {
              setText("");
              tell("");
            } else {
              event.currentTarget.blur();
            }
          }
        }}
        className={cx(inputClass, "pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden")}
      />
      {hint && !text && (
        <span className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2">
          <Key>{hint}</Key>
        </span>
      )}
    </div>
  );
}
