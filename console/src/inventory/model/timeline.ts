import { reservationLook } from "~/domain/statuses";
import { type ReservationEvent, ReservationEventKind } from "~/gen/oms/inventory/v1/inventory_pb";
import type { Dictionary } from "~/i18n";
import { millis } from "~/lib/time";
import type { Mark, Tone } from "~/ui/chip";
import type { TimelineEntry } from "~/ui/timeline";

/** What the events of a reservation say to a person. */
export function timelineOf(events: readonly ReservationEvent[], words: Dictionary): TimelineEntry[] {
  return events.map((event) => ({
    key: String(event.sequence),
    at: event.createTime ? millis(event.createTime) : 0,
    ...headOf(event, words),
    ...(event.reason && { detail: event.reason }),
    ...(event.actor && { actor: event.actor === "system" ? words.ui.system : event.actor }),
  }));
}

function headOf(
  { kind, status, location }: ReservationEvent,
  { statuses, inventory: { events } }: Dictionary,
): { title: string; tone: Tone; mark: Mark } {
  const { label, tone, mark } = reservationLook(statuses, status);
  switch (kind) {
    case ReservationEventKind.STATUS_CHANGED:
      return { title: label, tone, mark };
    case ReservationEventKind.LOCATION_HELD:
      return { title: events.held(location), tone: "moving", mark: { kind: "part", of: 0.5 } };
    case ReservationEventKind.LOCATION_SHORT:
      return { title: events.short(location), tone: "bad", mark: { kind: "cross" } };
    case ReservationEventKind.LOCATION_RELEASED:
      return { title: events.released(location), tone: "waiting", mark: { kind: "slash" } };
    case ReservationEventKind.SETTLED:
      return { title: events.settled, tone: "still", mark: { kind: "dots" } };
    default:
      return { title: label, tone: "still", mark: { kind: "dots" } };
  }
}
