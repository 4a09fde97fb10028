import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  PaymentEventKind as Kind,
  type PaymentEvent,
  PaymentEventSchema,
  PaymentStatus as Status,
} from "~/gen/oms/payments/v1/payments_pb";
import { attemptsOf } from "./attempts";

let sequence = 0n;

function event(kind: Kind, status: Status, attempt: number, second: number, reason = ""): PaymentEvent {
  sequence += 1n;
  const createTime = { seconds: BigInt(second), nanos: 0 };
  return create(PaymentEventSchema, { sequence, kind, status, attempt, reason, createTime });
}

const begun = [
  event(Kind.STATUS_CHANGED, Status.PENDING, 0, 1),
  event(Kind.STATUS_CHANGED, Status.PROCESSING, 0, 2),
  event(Kind.ATTEMPT_STARTED, Status.PROCESSING, 1, 2),
];

describe("attempts", () => {
  it("are none before the provider is asked", () => {
    expect(attemptsOf(begun.slice(0, 1))).toEqual([]);
  });

  it("run until something is said of them", () => {
    expect(attemptsOf(begun)).toEqual([
      { number: 1, startedAt: 2_000, endedAt: undefined, outcome: "running", reason: "" },
    ]);
  });

  it("each have their own outcome", () => {
    const attempts = attemptsOf([
      ...begun,
      event(Kind.ATTEMPT_FAILED, Status.PROCESSING, 1, 3, "the provider is busy"),
      event(Kind.ATTEMPT_STARTED, Status.PROCESSING, 2, 5),
      event(Kind.STATUS_CHANGED, Status.COMPLETED, 2, 6),
      event(Kind.SETTLED, Status.COMPLETED, 0, 6),
    ]);
    expect(attempts.map(({ number, outcome, reason }) => [number, outcome, reason])).toEqual([
      [1, "failed", "the provider is busy"],
      [2, "charged", ""],
    ]);
    expect(attempts[1]).toMatchObject({ startedAt: 5_000, endedAt: 6_000 });
  });

  it("end with a refusal for good", () => {
    const attempts = attemptsOf([...begun, event(Kind.STATUS_CHANGED, Status.FAILED, 1, 3, "card declined")]);
    expect(attempts).toMatchObject([{ outcome: "refused", reason: "card declined" }]);
  });

  it("are not what a refund says later", () => {
    const later = event(Kind.STATUS_CHANGED, Status.REFUNDED, 0, 9);
    expect(attemptsOf([...begun, event(Kind.STATUS_CHANGED, Status.COMPLETED, 1, 3), later])).toHaveLength(1);
  });
});
