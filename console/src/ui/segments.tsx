import { useId } from "react";
import { cx } from "./classes";

/** One of two or three, beside each other. */
export function Segments<V extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: V;
  choices: readonly { readonly value: V; readonly label: string }[];
  onChange: (value: V) => void;
}) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-md border border-line-strong/60 bg-surface p-0.5">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className={cx(
            "inline-flex h-6.5 cursor-pointer items-center rounded-sm px-2.5 text-xs font-medium pointer-coarse:h-9",
            "has-focus-visible:outline-2 has-focus-visible:outline-accent",
            choice.value === value ? "bg-accent-tint text-ink" : "text-ink-2 hover:text-ink",
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
