import { Code, ConnectError } from "@connectrpc/connect";
import { isPassing, type Refusal, refusalOf } from "./refusal";
import { createStore, type Store } from "./store";
import { BROWSER, type Surroundings } from "./surroundings";

/** A server stream that can be taken up again where it broke. */
export interface Source<M, P> {
  /** Opens the stream after `position`; `undefined`: from its beginning. `opened` is called when the server answers. */
  open(position: P | undefined, signal: AbortSignal, opened: () => void): AsyncIterable<M>;
  /** Where the stream goes on after this message; `undefined`: it says nothing of that. */
  position(message: M): P | undefined;
  /** Whether the message came before. Streams that never repeat themselves leave it out. */
  isKnown?(message: M, position: P): boolean;
  /** Whether a stream that ends by itself has said all there will ever be. */
  readonly ends: boolean;
  /** Longer than this the stream is never without a message; `undefined`: it may be, and is then opened anew. */
  readonly silentMs?: number | undefined;
}

export type WatchState =
  /** No answer yet. */
  | { readonly kind: "connecting" }
  /** What changes is seen. */
  | { readonly kind: "live" }
  /** Nothing has been seen since; it is tried again. */
  | { readonly kind: "lost"; readonly since: number; readonly retryAt: number; readonly refusal: Refusal }
  /** Nobody has looked at the page for a while. */
  | { readonly kind: "paused" }
  /** There is nothing more to come. */
  | { readonly kind: "ended" }
  /** The system does not want to, and will not later either. */
  | { readonly kind: "refused"; readonly refusal: Refusal };

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** A stream that may be silent is opened anew after so long, because it may also be dead. */
export const RENEW_MS = 20_000;
/** Opening one is answered sooner. */
export const ANSWER_MS = 10_000;
/** A page that is hidden for so long lets its streams go: a browser has few connections to one origin. */
export const HIDDEN_MS = 30_000;

/** Follows a source until it is stopped, across every break, without gaps and without doubles. */
export class Watch<M, P> {
  readonly state: Store<WatchState> = createStore<WatchState>({ kind: "connecting" });
  private at: P | undefined;
  private attempt: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private pause = FIRST_PAUSE_MS;
  private lostSince: number | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly source: Source<M, P>,
    private readonly deliver: (message: M) => void,
    private readonly around: Surroundings = BROWSER,
  ) {}

  start(from?: P): void {
    this.at = from;
    this.unsubscribe ??= this.around.subscribe(() => this.lookAround());
    this.lookAround();
    if (!this.attempt && this.state.get().kind !== "lost") {
      this.connect();
    }
  }

  stop(): void {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    this.drop();
    clearTimeout(this.hiding);
    this.hiding = undefined;
  }

  /** Does not wait for the next attempt. */
  retryNow(): void {
    if (this.state.get().kind === "lost") {
      this.pause = FIRST_PAUSE_MS;
      this.connect();
    }
  }

  private lookAround(): void {
    const { kind } = this.state.get();
    if (kind === "ended" || kind === "refused") {
      return;
    }
    if (this.around.isHidden()) {
      this.hiding ??= setTimeout(() => {
        this.drop();
        this.state.set({ kind: "paused" });
      }, HIDDEN_MS);
      return;
    }
    clearTimeout(this.hiding);
    this.hiding = undefined;
    if (this.around.isOffline()) {
      this.drop();
      this.lose(refusalOf(new TypeError("offline")));
    } else if (kind === "paused" || kind === "lost") {
      this.retryOrResume();
    }
  }

  private retryOrResume(): void {
    this.pause = FIRST_PAUSE_MS;
    this.connect();
  }

  private drop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.attempt?.abort();
    this.attempt = undefined;
  }

  private connect(): void {
    // While it is lost the page goes on saying since when.
    if (this.lostSince === undefined) {
      this.state.set({ kind: "connecting" });
    }
    this.open();
  }

  private open(): void {
    this.drop();
    const attempt = new AbortController();
    this.attempt = attempt;
    this.expect(this.source.silentMs ?? ANSWER_MS);
    void this.follow(attempt);
  }

  /** A machine that vanished closes nothing: that it is gone shows only in what does not come. */
  private expect(withinMs: number): void {
    const heard = Date.now();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.drop();
      this.lostSince ??= heard;
      this.lose(refusalOf(new ConnectError("the stream fell silent", Code.Unavailable)));
    }, withinMs);
  }

  /** Something was heard. */
  private listen(): void {
    const { silentMs } = this.source;
    if (silentMs !== undefined) {
      this.expect(silentMs);
      return;
    }
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.open(), RENEW_MS);
  }

  private async follow(attempt: AbortController): Promise<void> {
    const { signal } = attempt;
    try {
      for await (const message of this.source.open(this.at, signal, () => this.succeed(signal))) {
        if (signal.aborted) {
          return;
        }
        this.succeed(signal);
        if (this.at !== undefined && this.source.isKnown?.(message, this.at)) {
          continue;
        }
        // Only what was delivered has been seen.
        this.deliver(message);
        this.at = this.source.position(message) ?? this.at;
      }
      if (signal.aborted) {
        return;
      }
      this.release();
      if (this.source.ends) {
        this.state.set({ kind: "ended" });
      } else {
        // The server is about to restart, or the stream has been open for as long as any may be.
        this.timer = setTimeout(() => this.connect(), FIRST_PAUSE_MS);
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.release();
      const refusal = refusalOf(error);
      if (isPassing(refusal)) {
        this.lose(refusal);
      } else {
        this.state.set({ kind: "refused", refusal });
      }
    }
  }

  /** The stream is over, and nothing more is expected of it. */
  private release(): void {
    clearTimeout(this.silence);
    this.attempt = undefined;
  }

  private succeed(signal: AbortSignal): void {
    if (!signal.aborted) {
      this.listen();
      this.pause = FIRST_PAUSE_MS;
      this.lostSince = undefined;
      if (this.state.get().kind !== "live") {
        this.state.set({ kind: "live" });
      }
    }
  }

  private lose(refusal: Refusal): void {
    this.lostSince ??= Date.now();
    const wait = Math.max((this.pause * (1 + this.around.random())) / 2, refusal.retryAfterMs ?? 0);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
    this.state.set({ kind: "lost", since: this.lostSince, retryAt: Date.now() + wait, refusal });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.around.isOffline()) {
        this.connect();
      }
    }, wait);
  }
}

/** A stream of events that are numbered from 1 without gaps. */
export function bySequence<M>(
  open: (after: bigint, signal: AbortSignal, opened: () => void) => AsyncIterable<M>,
  sequence: (message: M) => bigint | undefined,
): Source<M, bigint> {
  return {
    open: (after, signal, opened) => open(after ?? 0n, signal, opened),
    position: sequence,
    isKnown: (message, at) => (sequence(message) ?? at + 1n) <= at,
    ends: true,
  };
}

/** A stream without an end whose messages each say where to resume. */
export function byPosition<M extends { position: string }>(
  open: (after: string, signal: AbortSignal, opened: () => void) => AsyncIterable<M>,
  silentMs?: number,
): Source<M, string> {
  return {
    open: (after, signal, opened) => open(after ?? "", signal, opened),
    position: (message) => message.position || undefined,
    ends: false,
    silentMs,
  };
}
