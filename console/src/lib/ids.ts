/** An id of ours, to be told apart at a glance: its beginning, which searches find, and its end, which differs. */
export function shortId(id: string): string {
  const digits = /^([a-z]+_)?([0-9a-f]{32})$/.exec(id)?.[2];
  return digits ? `${digits.slice(0, 8)}…${digits.slice(-6)}` : id;
}

/** A key that nobody else has, printable and short enough for `request_id`. */
export function newKey(): string {
  // `crypto.randomUUID` is missing outside of a secure context, such as a console by plain HTTP in a private network.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
