import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { BacklogSchema } from "~/gen/oms/common/v1/statistics_pb";
import { healthOf } from "./health";

const backlog = (waiting: bigint, parked: bigint, seconds: bigint) =>
  create(BacklogSchema, { waiting, parked, oldest: { seconds, nanos: 0 } });

describe("an outbox", () => {
  it("is well while little waits for long", () => {
    expect(healthOf(undefined)).toBe("good");
    expect(healthOf(backlog(400n, 0n, 2n))).toBe("good");
  });

  it("is slow when something waits, and stuck when somebody should look", () => {
    expect(healthOf(backlog(1n, 0n, 31n))).toBe("slow");
    expect(healthOf(backlog(0n, 1n, 0n))).toBe("stuck");
  });
});
