import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Surroundings } from "./surroundings";
import { byPosition, Watch } from "./watch";

const AROUND: Surroundings = {
  isHidden: () => false,
  isOffline: () => false,
  subscribe: () => () => {},
  random: () => 1,
};
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("a watch of a stream that is never silent for long", () => {
  const LIMIT = 45_000;
  /** Speaks when it is told to, and closes nothing when it is gone. */
  const asked: { after: string; signal: AbortSignal; say: (position: string) => void }[] = [];
  let watch: Watch<{ position: string }, string>;
  const last = () => asked.at(-1) ?? expect.unreachable("nobody is connected");

  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = 0;
    const open = (after: string, signal: AbortSignal) => {
      const stream = new ReadableStream<{ position: string }>({
        start: (to) => void asked.push({ after, signal, say: (position) => to.enqueue({ position }) }),
      });
      return stream as AsyncIterable<{ position: string }>;
    };
    watch = new Watch(byPosition(open, LIMIT), () => {}, AROUND);
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("is live for as long as it is heard of", async () => {
    for (let n = 1; n <= 5; n++) {
      last().say(`p${n}`);
      await vi.advanceTimersByTimeAsync(LIMIT - 1);
    }
    expect(watch.state.get().kind).toBe("live");
    expect(asked).toHaveLength(1);
  });

  it("is lost since it was heard of last, and goes on from there", async () => {
    last().say("p1");
    await settle();
    const since = Date.now();
    await vi.advanceTimersByTimeAsync(LIMIT);
    expect(watch.state.get()).toMatchObject({ kind: "lost", since, retryAt: since + LIMIT + 250 });
    expect(last().signal.aborted).toBe(true);
    const gone = last();
    await vi.advanceTimersByTimeAsync(250);
    expect(last().after).toBe("p1");
    gone.say("too late");
    await settle();
    expect(watch.state.get()).toMatchObject({ kind: "lost", since });
    last().say("p2");
    await settle();
    expect(watch.state.get().kind).toBe("live");
  });

  it("is tried again when nobody answers at all", async () => {
    await vi.advanceTimersByTimeAsync(LIMIT + 250 + LIMIT + 500);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
  });

  it("is not waited for while nobody listens", async () => {
    last().say("p1");
    await settle();
    watch.stop();
    await vi.advanceTimersByTimeAsync(10 * LIMIT);
    expect(asked).toHaveLength(1);
    expect(watch.state.get().kind).toBe("live");
  });
});
