import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Surroundings } from "./surroundings";
import { ANSWER_MS, byPosition, bySequence, RENEW_MS, Watch } from "./watch";

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

describe("a watch of a stream that may be silent", () => {
  const asked: { after: bigint; signal: AbortSignal; answer: () => void; say: (sequence: bigint) => void }[] =
    [];
  let watch: Watch<{ sequence: bigint }, bigint>;
  const kinds: string[] = [];
  const last = () => asked.at(-1) ?? expect.unreachable("nobody is connected");

  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = kinds.length = 0;
    const open = (after: bigint, signal: AbortSignal, answer: () => void) => {
      const stream = new ReadableStream<{ sequence: bigint }>({
        start: (to) =>
          void asked.push({ after, signal, answer, say: (sequence) => to.enqueue({ sequence }) }),
      });
      return stream as AsyncIterable<{ sequence: bigint }>;
    };
    watch = new Watch(
      bySequence(open, (message) => message.sequence),
      () => {},
      AROUND,
    );
    watch.state.subscribe(() => kinds.push(watch.state.get().kind));
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("is opened anew from where it was, and nobody sees it", async () => {
    last().say(3n);
    await vi.advanceTimersByTimeAsync(RENEW_MS);
    expect(asked.map(({ after, signal }) => [after, signal.aborted])).toEqual([
      [0n, true],
      [3n, false],
    ]);
    last().answer();
    await vi.advanceTimersByTimeAsync(RENEW_MS - 1);
    expect(asked).toHaveLength(2);
    expect(kinds).toEqual(["connecting", "live"]);
  });

  it("is lost when nobody answers that", async () => {
    last().say(3n);
    await vi.advanceTimersByTimeAsync(RENEW_MS + ANSWER_MS - 1);
    expect(watch.state.get().kind).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(watch.state.get().kind).toBe("lost");
  });
});
