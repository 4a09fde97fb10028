import { useCallback, useEffect, useRef, useState } from "react";

const PREFIX = "oms.draft.";
const PAUSE_MS = 200;

/**
 * What somebody types, kept over a reload, a lost connection and a new sign-in, for as long as the tab is open. Nothing
 * secret may be in it. `forget` is for when it was sent.
 */
export function useDraft<T>(
  name: string,
  initial: T,
): [T, (next: T | ((before: T) => T)) => void, () => void] {
  const key = PREFIX + name;
  const [value, setValue] = useState<T>(() => read(key) ?? initial);
  const latest = useRef(value);
  latest.current = value;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const first = useRef(initial);

  const save = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    try {
      sessionStorage.setItem(key, JSON.stringify(latest.current));
    } catch {
      // Storage is full or forbidden: the draft then lives as long as the view.
    }
  }, [key]);

  // Whoever leaves in the middle of a word finds it again.
  useEffect(() => {
    const flush = () => timer.current !== undefined && save();
    window.addEventListener("pagehide", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [save]);

  const change = useCallback(
    (next: T | ((before: T) => T)) => {
      setValue(next);
      timer.current ??= setTimeout(save, PAUSE_MS);
    },
    [save],
  );
  const forget = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    sessionStorage.removeItem(key);
    setValue(first.current);
  }, [key]);
  return [value, change, forget];
}

function read<T>(key: string): T | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? "null") as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}
