import { reservationLook } from "~/domain/statuses";
import type { Head } from "~/domain/timeline";
import { type ReservationEvent, ReservationEventKind } from "~/gen/oms/inventory/v1/inventory_pb";
import type { Dictionary } from "~/i18n";

/** What an event of a reservation is called. */
export function headOf(
  { kind, status, location }: ReservationEvent,
  { statuses, inventory: { events } }: Dictionary,
): Head {
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
