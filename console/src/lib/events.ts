/** A recorded fact, numbered from 1 without gaps. */
export interface Numbered {
  readonly sequence: bigint;
}

/** What was read and what was heard since, each once, in order. */
export function mergeEvents<E extends Numbered>(read: readonly E[], heard: readonly E[]): readonly E[] {
  const last = read.at(-1)?.sequence ?? 0n;
  const newer = heard.filter((event) => event.sequence > last);
  return newer.length === 0 ? read : [...read, ...newer];
}
