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

/** What was read, and what was heard of it since: an event says where the thing stands, the rest is read after it. */
export function withEvents<
  S,
  E extends Numbered & { status: S },
  T extends Numbered & { status: S; timeline: E[] },
>(thing: T, heard: readonly E[]): T {
  const timeline = mergeEvents(thing.timeline, heard);
  const last = timeline.at(-1);
  if (timeline === thing.timeline || !last) {
    return thing;
  }
  const { status, sequence } = last.sequence > thing.sequence ? last : thing;
  return { ...thing, timeline: [...timeline], status, sequence };
}
