import { useWords } from "~/i18n";
import type { Refusal } from "~/lib/refusal";
import { isNote, MAX_NOTE } from "~/lib/texts";
import { Field, TextArea } from "./field";

/** Why somebody does something, for those who read it later. */
export function ReasonField({
  value,
  onChange,
  refusal,
  help,
}: {
  value: string;
  onChange: (value: string) => void;
  refusal?: Refusal | undefined;
  help?: string;
}) {
  const { ui } = useWords();
  const said = refusal?.violations.filter(({ field }) => field === "reason") ?? [];
  return (
    <Field
      label={`${ui.reason} (${ui.optional})`}
      faults={[...(isNote(value) ? [] : [ui.reasonFault]), ...said.map(({ description }) => description)]}
      help={help}
    >
      {(wiring) => (
        <TextArea
          {...wiring}
          rows={2}
          maxLength={MAX_NOTE}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            // A reason is one line; Enter sends it.
            if (event.key === "Enter" && !event.nativeEvent.isComposing) {
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
      )}
    </Field>
  );
}
