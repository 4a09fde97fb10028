import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Dictionary } from "~/i18n";
import { millis } from "~/lib/time";
import type { Mark, Tone } from "~/ui/chip";
import type { TimelineEntry } from "~/ui/timeline";

/** What the events of orders, payments and reservations have in common. */
interface Happened {
  readonly sequence: bigint;
  readonly createTime?: Timestamp | undefined;
  readonly reason: string;
  readonly actor: string;
}

/** What an event is called, and how it looks. */
export interface Head {
  readonly title: string;
  readonly tone: Tone;
  readonly mark: Mark;
  /** Instead of the event's. */
  readonly reason?: string;
}

/** What events say to a person. */
export function timelineOf<E extends Happened>(
  events: readonly E[],
  words: Dictionary,
  headOf: (event: E, words: Dictionary) => Head,
): TimelineEntry[] {
  return events.map((event) => {
    const actor = actorWords(event.actor, words.frame.roles);
    const { reason = event.reason, ...head } = headOf(event, words);
    return {
      key: `${event.sequence}`,
      at: event.createTime ? millis(event.createTime) : 0,
      ...head,
      ...(reason && { detail: <span lang="en">{reason}</span> }),
      ...(actor && { actor }),
    };
  });
}

/** `manager:alice` in words; what the system does by itself needs none. */
export function actorWords(actor: string, roles: Record<string, string>): string {
  if (actor === "system" || actor === "") {
    return "";
  }
  const [role = "", ...rest] = actor.split(":");
  const known = roles[role];
  const name = rest.join(":");
  return known ? [name, known].filter(Boolean).join(" · ") : actor;
}
