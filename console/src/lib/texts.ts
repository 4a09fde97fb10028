/** Texts as the contract's `Note` and names have them. */
export const MAX_NOTE = 500;
const MAX_NAME = 64;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A reason: may be empty, on one line. */
export function isNote(text: string): boolean {
  return [...text].length <= MAX_NOTE && !CONTROL.test(text);
}

/** An id of somebody else, or a label. */
export function isName(text: string): boolean {
  return text !== "" && [...text].length <= MAX_NAME && !CONTROL.test(text);
}
