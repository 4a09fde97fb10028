import { type Reservation, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { millis } from "~/lib/time";

export interface Remaining {
  /** Below zero: the time is over, and the system is about to give the pieces back. */
  readonly ms: number;
  /** `14:05`, `1:02:09`; `0:00` when it is over. */
  readonly text: string;
  readonly urgent: boolean;
}

const URGENT_MS = 60_000;

/** How long a reservation will hold its pieces; `undefined`: its time does not run. */
export function remainingOf({ status, expireTime }: Reservation, now: number): Remaining | undefined {
  if (status !== ReservationStatus.RESERVED || !expireTime) {
    return undefined;
  }
  const ms = millis(expireTime) - now;
  return { ms, text: countdown(ms), urgent: ms < URGENT_MS };
}

/** A clock that runs down. It shows a second until that is over, so that it ends with 0:00. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
