import { describe, expect, it } from "vitest";
import { withEvents } from "./events";

const event = (n: number, status = `s${n}`) => ({ sequence: BigInt(n), status });
const read = { sequence: 2n, status: "s2", timeline: [event(1), event(2)] };

describe("events that are heard", () => {
  it("say where a thing stands, each once", () => {
    const now = withEvents(read, [event(2), event(3), event(4)]);
    expect(now).toEqual({ sequence: 4n, status: "s4", timeline: [1, 2, 3, 4].map((n) => event(n)) });
    expect(withEvents(now, [event(3)])).toBe(now);
  });

  it("leave a thing as it is that was read later than they happened", () => {
    const later = { ...read, sequence: 5n, status: "s5" };
    const now = withEvents(later, [event(3)]);
    expect(now).toMatchObject({ sequence: 5n, status: "s5" });
    expect(now.timeline.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
  });
});
