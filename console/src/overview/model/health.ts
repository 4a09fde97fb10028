import type { Backlog } from "~/gen/oms/common/v1/statistics_pb";
import { msOf } from "./series";

/** How the telling of Temporal goes. */
export type Health = "good" | "slow" | "stuck";

/** So long a row may wait while all is well; it is told again after a few seconds when Temporal was away. */
const SLOW_MS = 30_000;

export function healthOf(backlog: Backlog | undefined): Health {
  if (backlog && backlog.parked > 0n) {
    return "stuck";
  }
  return (msOf(backlog?.oldest) ?? 0) > SLOW_MS ? "slow" : "good";
}
