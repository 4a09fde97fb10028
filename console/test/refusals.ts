import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "~/gen/google/rpc/error_details_pb";

/** What a service says when the state of things does not allow something. */
export function refused(
  reason: string,
  message: string,
  metadata: Record<string, string> = {},
  violations: Record<string, string> = {},
): ConnectError {
  return failure(Code.FailedPrecondition, message, reason, metadata, violations);
}

export function invalid(violations: Record<string, string>): ConnectError {
  return failure(Code.InvalidArgument, "the request is not valid", "INVALID_REQUEST", {}, violations);
}

/** The service is there, but what it needs is not. */
export const away = () => failure(Code.Unavailable, "the database is away", "UNAVAILABLE");

function failure(
  code: Code,
  message: string,
  reason: string,
  metadata: Record<string, string> = {},
  violations: Record<string, string> = {},
): ConnectError {
  const fieldViolations = Object.entries(violations).map(([field, description]) => ({ field, description }));
  return new ConnectError(message, code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "oms", metadata } },
    { desc: BadRequestSchema, value: { fieldViolations } },
  ]);
}
