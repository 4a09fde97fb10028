import { type ReactNode, useId } from "react";
import { cx } from "./classes";

export interface RadioChoice<V extends string> {
  readonly value: V;
  readonly label: ReactNode;
  readonly help?: ReactNode;
}

/** One of a few, all of them seen. */
export function Radios<V extends string>({
  legend,
  value,
  choices,
  onChange,
  across,
}: {
  legend: string;
  value: V;
  choices: readonly RadioChoice<V>[];
  onChange: (value: V) => void;
  /** In two columns, for words that are short. */
  across?: boolean;
}) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-ink-2">{legend}</legend>
      <div className={across ? "grid grid-cols-2 gap-1.5" : "space-y-1.5"}>
        {choices.map((choice) => {
          const checked = choice.value === value;
          return (
            <label
              key={choice.value}
              className={cx(
                "flex items-start gap-2 rounded-md border px-2.5 py-2 sm:gap-2.5 sm:px-3",
                checked ? "border-accent bg-accent-tint" : "border-line hover:border-line-strong",
              )}
            >
              <input
                type="radio"
                name={name}
                checked={checked}
                onChange={() => onChange(choice.value)}
                className="mt-0.5 size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0">
                {choice.label}
                {choice.help && <span className="block text-xs text-ink-3">{choice.help}</span>}
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
