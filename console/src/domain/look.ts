import type { Dictionary } from "~/i18n";
import type { Mark, StatusLook, Tone } from "~/ui/chip";

/** What the languages call the states. */
export type StatusWords = Dictionary["statuses"];
export type Looks<S extends number> = Record<S, readonly [Tone, Mark]>;

export const dots: Mark = { kind: "dots" };
export const check: Mark = { kind: "check" };
export const cross: Mark = { kind: "cross" };
export const slash: Mark = { kind: "slash" };
export const undo: Mark = { kind: "undo" };
export const part = (of: number): Mark => ({ kind: "part", of });

/** A name of an enum as its dictionary has it; one that this page does not know yet is shown as it is. */
export function word<W extends Record<"UNSPECIFIED", string>>(words: W, name: string | undefined): string {
  return (words as Record<string, string>)[name ?? "UNSPECIFIED"] ?? name ?? words.UNSPECIFIED;
}

export function look<S extends number>(looks: Looks<S>, status: S, label: string): StatusLook {
  const [tone, mark] = looks[status] ?? ["still", dots];
  return { tone, mark, label };
}

/** What is being taken back looks so, whatever its state. */
export function unwound(found: StatusLook): StatusLook {
  return { ...found, tone: "waiting", mark: undo };
}
