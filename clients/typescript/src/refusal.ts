import { durationMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

const DOMAIN = "oms";

/** Some of the reasons; each method's comment names its own. */
export const Reason = {
  invalidFields: "INVALID_FIELDS",
  keyReused: "IDEMPOTENCY_KEY_REUSED",
  orderNotFound: "ORDER_NOT_FOUND",
  orderState: "ORDER_STATE",
  requestRunning: "REQUEST_RUNNING",
} as const;

/** One field at fault. */
export interface Violation {
  /** Its path: `items[2].price`. */
  readonly field: string;
  readonly description: string;
}

/** The system's answer when a call was not carried out. */
export interface Refusal {
  /** Stable, unlike the message; see {@link Reason}. */
  readonly reason: string;
  /** What is particular to the reason, such as the actual state. */
  readonly metadata: Readonly<Record<string, string>>;
  /** With {@link Reason.invalidFields}. */
  readonly violations: readonly Violation[];
  /** 0: repeating it does not help. */
  readonly retryAfterMs: number;
}

/** What the system said, if the error comes from it. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof ConnectError)) {
    return undefined;
  }
  const info = error.findDetails(ErrorInfoSchema).find((info) => info.domain === DOMAIN);
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return info && {
    reason: info.reason,
    metadata: info.metadata,
    violations: error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations),
    retryAfterMs: delay ? durationMs(delay) : 0,
  };
}
