import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "~/gen/google/rpc/error_details_pb";
import { isOutage, isPassing, isUnanswered, refusalOf } from "./refusal";

const state = new ConnectError("order ord_1 is APPROVED", Code.FailedPrecondition, undefined, [
  { desc: ErrorInfoSchema, value: { reason: "ORDER_STATE", domain: "oms", metadata: { state: "APPROVED" } } },
]);

describe("a refusal", () => {
  it("keeps the server's words, reason and facts", () => {
    const refusal = refusalOf(state);
    expect(refusal).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "ORDER_STATE",
      message: "order ord_1 is APPROVED",
      metadata: { state: "APPROVED" },
      violations: [],
      retryAfterMs: undefined,
    });
    expect(isUnanswered(refusal) || isPassing(refusal) || isOutage(refusal)).toBe(false);
  });

  it("names every field at fault", () => {
    const value = create(BadRequestSchema, {
      fieldViolations: [
        { field: "customer_id", description: "must not be empty" },
        { field: "items[3].quantity", description: "must be between 1 and 1000000" },
      ],
    });
    const error = new ConnectError("invalid", Code.InvalidArgument, undefined, [
      { desc: BadRequestSchema, value },
    ]);
    expect(refusalOf(error).violations.map((v) => v.field)).toEqual(["customer_id", "items[3].quantity"]);
  });

  it("says when to try again", () => {
    const value = create(RetryInfoSchema, { retryDelay: { seconds: 1n, nanos: 500_000_000 } });
    const error = new ConnectError("busy", Code.ResourceExhausted, undefined, [
      { desc: RetryInfoSchema, value },
    ]);
    expect(refusalOf(error).retryAfterMs).toBe(1500);
    expect(isPassing(refusalOf(error))).toBe(true);
    // It was refused, so nothing was done.
    expect(isUnanswered(refusalOf(error))).toBe(false);
  });

  it("tells silence from an answer", () => {
    const lost = refusalOf(new TypeError("Failed to fetch"));
    expect(isUnanswered(lost) && isOutage(lost)).toBe(true);
    const running = new ConnectError("running", Code.Aborted, undefined, [
      { desc: ErrorInfoSchema, value: { reason: "REQUEST_RUNNING", domain: "oms", metadata: {} } },
    ]);
    expect(isUnanswered(refusalOf(running))).toBe(true);
    expect(isOutage(refusalOf(running))).toBe(false);
  });
});
