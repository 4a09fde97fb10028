import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Surroundings } from "./surroundings";
import { byPosition, bySequence, HIDDEN_MS, Watch } from "./watch";

interface Event {
  sequence: bigint;
}

/** A server under the test's control: each connection is a queue that can be fed, ended or cut. */
class Server {
  readonly opened: {
    after: bigint;
    signal: AbortSignal;
    say: (n: bigint) => void;
    end: (e?: unknown) => void;
  }[] = [];

  open = (after: bigint, signal: AbortSignal, opened: () => void): AsyncIterable<Event> => {
    const queue: (Event | { error: unknown } | "end")[] = [];
    let wake = () => {};
    const push = (item: Event | { error: unknown } | "end") => {
      queue.push(item);
      wake();
    };
    this.opened.push({
      after,
      signal,
      say: (sequence) => {
        opened();
        push({ sequence });
      },
      end: (error) => push(error === undefined ? "end" : { error }),
    });
    signal.addEventListener("abort", () => push({ error: new ConnectError("gone", Code.Canceled) }));
    return (async function* () {
      for (;;) {
        const item = queue.shift();
        if (item === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if (item === "end") return;
        else if ("error" in item) throw item.error;
        else yield item;
      }
    })();
  };

  get last() {
    const last = this.opened.at(-1);
    if (!last) throw new Error("nobody is connected");
    return last;
  }
}

class Room implements Surroundings {
  hidden = false;
  offline = false;
  private changed = () => {};
  isHidden = () => this.hidden;
  isOffline = () => this.offline;
  random = () => 1;
  subscribe = (changed: () => void) => {
    this.changed = changed;
    return () => {};
  };
  change(what: Partial<Pick<Room, "hidden" | "offline">>) {
    Object.assign(this, what);
    this.changed();
  }
}

const unavailable = () => new ConnectError("away", Code.Unavailable);
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("a watch", () => {
  let server: Server;
  let room: Room;
  let seen: bigint[];
  let watch: Watch<Event, bigint>;

  beforeEach(() => {
    vi.useFakeTimers();
    server = new Server();
    room = new Room();
    seen = [];
    watch = new Watch(
      bySequence(server.open, (e: Event) => e.sequence),
      (e) => seen.push(e.sequence),
      room,
    );
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("resumes after the last message that was delivered", async () => {
    server.last.say(1n);
    server.last.say(2n);
    await settle();
    expect(watch.state.get().kind).toBe("live");
    server.last.end(unavailable());
    await settle();
    expect(watch.state.get().kind).toBe("lost");
    await vi.advanceTimersByTimeAsync(250);
    expect(server.opened.map((c) => c.after)).toEqual([0n, 2n]);
    server.last.say(3n);
    await settle();
    expect(seen).toEqual([1n, 2n, 3n]);
    expect(watch.state.get().kind).toBe("live");
  });

  it("drops what it has seen", async () => {
    for (const n of [1n, 2n, 2n, 1n, 3n]) server.last.say(n);
    await settle();
    expect(seen).toEqual([1n, 2n, 3n]);
  });

  it("waits longer each time, and says since when it is lost", async () => {
    const since = Date.now();
    const pauses = [];
    for (let i = 0; i < 7; i++) {
      const before = server.opened.length;
      server.last.end(unavailable());
      await settle();
      const state = watch.state.get();
      expect(state).toMatchObject({ kind: "lost", since });
      const from = Date.now();
      while (server.opened.length === before) await vi.advanceTimersByTimeAsync(50);
      pauses.push(Date.now() - from);
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it("ends when there is nothing more to come, and gives up when it is refused", async () => {
    server.last.say(1n);
    server.last.end();
    await settle();
    expect(watch.state.get().kind).toBe("ended");

    const other = new Watch(
      bySequence(server.open, (e: Event) => e.sequence),
      () => {},
      room,
    );
    other.start();
    server.last.end(new ConnectError("no such order", Code.NotFound));
    await settle();
    expect(other.state.get()).toMatchObject({ kind: "refused", refusal: { message: "no such order" } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.opened).toHaveLength(2);
  });

  it("lets go when it is hidden for long, and catches up", async () => {
    server.last.say(1n);
    await settle();
    room.change({ hidden: true });
    await vi.advanceTimersByTimeAsync(HIDDEN_MS - 1);
    expect(server.last.signal.aborted).toBe(false);
    room.change({ hidden: false });
    room.change({ hidden: true });
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(server.last.signal.aborted).toBe(true);
    expect(watch.state.get().kind).toBe("paused");
    room.change({ hidden: false });
    expect(server.last.after).toBe(1n);
  });

  it("does not try without a network, and tries at once with one", async () => {
    server.last.say(1n);
    await settle();
    room.change({ offline: true });
    expect(watch.state.get().kind).toBe("lost");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.opened).toHaveLength(1);
    room.change({ offline: false });
    expect(server.opened).toHaveLength(2);
  });

  it("ignores what comes on a connection that it has left", async () => {
    const first = server.last;
    room.change({ offline: true });
    room.change({ offline: false });
    first.say(7n);
    server.last.say(1n);
    await settle();
    expect(seen).toEqual([1n]);
  });
});

describe("a watch by position", () => {
  it("opens again when the stream ends, where it was", async () => {
    const asked: string[] = [];
    const watch = new Watch(
      byPosition(async function* (after: string) {
        asked.push(after);
        if (asked.length < 3) {
          yield { position: `p${asked.length}` };
        } else {
          await new Promise(() => {});
        }
      }),
      () => {},
      new Room(),
    );
    watch.start();
    await vi.waitFor(() => expect(asked).toEqual(["", "p1", "p2"]));
    watch.stop();
  });
});
