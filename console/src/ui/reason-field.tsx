import { useWords } from "~/i18n";
import type { Refusal } from "~/lib/refusal";
import { Field, TextArea } from "./field";

const MOST = 500;

/** Why somebody does something, for those who read it later. */
export function ReasonField({
  value,
  onChange,
  refusal,
  help,
}: {
  value: string;
  onChange: (value: string) => void;
  refusal: Refusal | undefined;
  help?: string;
}) {
  const { ui } = useWords();
  const faults = refusal?.violations.filter(({ field }) => field === "reason") ?? [];
  return (
    <Field
      label={`${ui.reason} (${ui.optional})`}
      faults={faults.map(({ description }) => description)}
      help={help}
    >
      {(wiring) => (
        <TextArea
          {...wiring}
          rows={2}
          maxLength={MOST}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
