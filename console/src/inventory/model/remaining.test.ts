import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ReservationSchema, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { timestamp } from "~/lib/time";
import { countdown, remainingOf } from "./remaining";

const now = 1_750_000_000_000;
const held = (status: ReservationStatus, ms: number) =>
  create(ReservationSchema, { status, expireTime: timestamp(now + ms) });

describe("the remaining time", () => {
  it("runs down to nothing", () => {
    expect(countdown(15 * 60_000)).toBe("15:00");
    expect(countdown(14 * 60_000 + 4_001)).toBe("14:05");
    expect(countdown(999)).toBe("0:01");
    expect(countdown(0)).toBe("0:00");
    expect(countdown(-5_000)).toBe("0:00");
    expect(countdown(3_729_000)).toBe("1:02:09");
  });

  it("runs only while pieces are held", () => {
    expect(remainingOf(held(ReservationStatus.RESERVED, 90_000), now)).toEqual({
      ms: 90_000,
      text: "1:30",
      urgent: false,
    });
    expect(remainingOf(held(ReservationStatus.RESERVED, 59_000), now)?.urgent).toBe(true);
    expect(remainingOf(held(ReservationStatus.COMMITTED, 90_000), now)).toBeUndefined();
    expect(
      remainingOf(create(ReservationSchema, { status: ReservationStatus.RESERVED }), now),
    ).toBeUndefined();
  });
});
