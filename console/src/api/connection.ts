import { Code } from "@connectrpc/connect";
import { useEffect, useId, useRef, useState } from "react";
import { createStore, useStore } from "~/lib/store";
import { type Source, Watch, type WatchState } from "~/lib/watch";
import { loadSession, signedOut } from "./session";

/** What the frame says of the connection. */
export type Connection =
  | { readonly kind: "live" }
  | { readonly kind: "connecting" }
  | { readonly kind: "lost"; readonly since: number; readonly retryAt: number | undefined };

const watches = new Map<string, { state: WatchState; retry: () => void }>();
/** Since when calls have found nobody, while no stream says it. */
let silentSince: number | undefined;
let probing: ReturnType<typeof setTimeout> | undefined;

export const connection = createStore<Connection>({ kind: "live" });
/** Counts how often the system was found again: what failed meanwhile is asked for anew. */
export const recoveries = createStore(0);

function reckon(): void {
  const before = connection.get();
  const states = [...watches.values()].map((watch) => watch.state);
  const lost = states.filter((state) => state.kind === "lost");
  if (lost.length > 0 || silentSince !== undefined) {
    const since = Math.min(...lost.map((state) => state.since), silentSince ?? Number.POSITIVE_INFINITY);
    const retryAt = lost.length > 0 ? Math.min(...lost.map((state) => state.retryAt)) : undefined;
    connection.set({ kind: "lost", since, retryAt });
    return;
  }
  if (states.some((state) => state.kind === "connecting")) {
    connection.set({ kind: "connecting" });
    return;
  }
  connection.set({ kind: "live" });
  if (before.kind === "lost") {
    recoveries.set(recoveries.get() + 1);
  }
}

/** A call was answered, by whatever answer. */
export function answered(): void {
  if (silentSince !== undefined) {
    silentSince = undefined;
    clearTimeout(probing);
    reckon();
  }
}

/** A call found nobody. */
export function unanswered(): void {
  if (silentSince === undefined) {
    silentSince = Date.now();
    reckon();
    probe(1_000);
  }
}

/** Looks whether somebody is there again, for pages without a stream. */
function probe(wait: number): void {
  clearTimeout(probing);
  probing = setTimeout(async () => {
    const alive = await fetch("/console/session").then(
      (response) => response.status < 500,
      () => false,
    );
    if (alive) {
      answered();
    } else {
      probe(Math.min(wait * 2, 5_000));
    }
  }, wait);
}

export function retryNow(): void {
  for (const watch of watches.values()) watch.retry();
  if (silentSince !== undefined) {
    probe(0);
  }
}

/**
 * Follows a stream for as long as the page is there. `source` and `from` are read when `key` changes; without a key
 * nothing is followed.
 */
export function useWatch<M, P>(
  key: string | undefined,
  options: { source: () => Source<M, P>; from?: P | undefined; onMessage: (message: M) => void },
): WatchState {
  const id = useId();
  const [state, setState] = useState<WatchState>({ kind: "connecting" });
  const current = useRef(options);
  current.current = options;

  useEffect(() => {
    if (key === undefined) {
      return;
    }
    const watch = new Watch(current.current.source(), (message: M) => current.current.onMessage(message));
    const unfollow = followed(id, watch, setState);
    watch.start(current.current.from);
    return unfollow;
  }, [id, key]);

  return state;
}

/** Lets the frame know of a watch. The result ends it. */
export function followed<M, P>(
  id: string,
  watch: Watch<M, P>,
  tell?: (state: WatchState) => void,
): () => void {
  const changed = () => {
    const state = watch.state.get();
    watches.set(id, { state, retry: () => watch.retryNow() });
    if (state.kind === "refused" && state.refusal.code === Code.Unauthenticated) {
      askToSignIn();
    }
    tell?.(state);
    reckon();
  };
  const unsubscribe = watch.state.subscribe(changed);
  changed();
  return () => {
    unsubscribe();
    watch.stop();
    watches.delete(id);
    reckon();
  };
}

/** The session is over. */
export function askToSignIn(): void {
  signedOut.set(true);
  void loadSession();
}

export function useConnection(): Connection {
  return useStore(connection);
}
