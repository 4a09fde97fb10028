import { ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
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
