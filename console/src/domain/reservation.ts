import { type Reservation, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import type { StatusLook } from "~/ui/chip";
import { check, cross, dots, type Looks, look, part, type StatusWords, slash, unwound, word } from "./look";

const RESERVATION: Looks<ReservationStatus> = {
  [ReservationStatus.UNSPECIFIED]: ["still", dots],
  [ReservationStatus.PENDING]: ["moving", part(0.25)],
  [ReservationStatus.RESERVED]: ["todo", part(0.6)],
  [ReservationStatus.COMMITTED]: ["good", check],
  [ReservationStatus.CANCELLED]: ["still", slash],
  [ReservationStatus.EXPIRED]: ["waiting", slash],
  [ReservationStatus.REJECTED]: ["bad", cross],
};

export function reservationLook(
  words: StatusWords,
  status: ReservationStatus,
  unwinding = false,
): StatusLook {
  const found = look(RESERVATION, status, word(words.reservation, ReservationStatus[status]));
  return unwinding ? unwound(found) : found;
}

/** The same of a whole reservation, which also knows whether everything that was taken came back. */
export function lookOfReservation(words: StatusWords, reservation: Reservation): StatusLook {
  const { status, unwinding, lines } = reservation;
  const isPutBack = lines.length > 0 && lines.every((line) => line.restocked >= line.quantity);
  return status === ReservationStatus.COMMITTED && isPutBack
    ? { tone: "still", mark: slash, label: words.putBack }
    : reservationLook(words, status, unwinding);
}
