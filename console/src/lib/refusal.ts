import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from "~/gen/google/rpc/error_details_pb";
import { durationMs } from "./time";

export interface FieldViolation {
  /** Path of the field as the contract spells it, `items[3].quantity`. */
  readonly field: string;
  /** A predicate in the server's words: `must not be empty`. */
  readonly description: string;
}

/** Why the system did not do something, as far as it said. */
export interface Refusal {
  readonly code: Code;
  /** Stable name, such as `ORDER_STATE`; empty when no answer of ours came. */
  readonly reason: string;
  /** For a person, in the server's own words. */
  readonly message: string;
  /** Facts, such as the actual `state`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly preconditions: readonly { subject: string; description: string }[];
  readonly retryAfterMs: number | undefined;
}

export function refusalOf(error: unknown): Refusal {
  const connect = ConnectError.from(error);
  const info = connect.findDetails(ErrorInfoSchema)[0];
  const delay = connect.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: connect.code,
    reason: info?.reason ?? "",
    message: connect.rawMessage,
    metadata: info?.metadata ?? {},
    violations: connect
      .findDetails(BadRequestSchema)
      .flatMap((request) =>
        request.fieldViolations.map(({ field, description }) => ({ field, description })),
      ),
    preconditions: connect
      .findDetails(PreconditionFailureSchema)
      .flatMap((failure) => failure.violations.map(({ subject, description }) => ({ subject, description }))),
    retryAfterMs: delay && durationMs(delay),
  };
}

const SILENT = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Unknown,
  Code.Internal,
  Code.Canceled,
  Code.DataLoss,
]);

/** Whether what was asked for may have been done all the same: nobody said that it was not. */
export function isUnanswered({ code, reason }: Refusal): boolean {
  // The first request under the same key still runs.
  return SILENT.has(code) || reason === "REQUEST_RUNNING";
}

/** Whether the cause may be gone later, without anybody changing the request. */
export function isPassing(refusal: Refusal): boolean {
  return isUnanswered(refusal) || refusal.retryAfterMs !== undefined;
}

/** Whether nobody answered at all: every answer of the system has a reason. */
export function isOutage({ code, reason }: Refusal): boolean {
  const silent = [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal];
  return reason === "" && silent.includes(code);
}
