/** The part of an address after `?`: names and texts, nothing else. A list is a text with commas. */
export type Search = Record<string, string>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Without what is empty. Commas and colons stay readable. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") {
      params.set(name, value);
    }
  }
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

export function text(search: Record<string, unknown>, name: string): string {
  const value = search[name];
  return typeof value === "string" ? value : "";
}

/** Those of a list that are known. */
export function words<W extends string>(list: string | undefined, known: readonly W[]): W[] {
  const asked = (list ?? "").split(",");
  return known.filter((word) => asked.includes(word));
}

/** What narrows a list down to a state, and to what is for one order, as it stands in the address. */
export interface StateAndOrder<S extends string> {
  status?: S | undefined;
  order?: string | undefined;
}

export function stateAndOrder<S extends string>(
  search: Record<string, unknown>,
  states: readonly S[],
): StateAndOrder<S> {
  const status = words(text(search, "status"), states)[0];
  const order = text(search, "order").trim();
  return { ...(status && { status }), ...(order && { order }) };
}
