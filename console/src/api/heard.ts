import { useEffect, useRef, useState } from "react";
import { mergeEvents, type Numbered } from "~/lib/events";
import { bySequence } from "~/lib/watch";
import { useWatch } from "./connection";

/** Events come in twos and threes; what they changed is asked for once. */
const PAUSE_MS = 80;

/** The events of one thing that came since it was read; `refresh` asks for what they do not say. */
export function useHeard<E extends Numbered>(
  key: string | undefined,
  from: bigint | undefined,
  open: (
    afterSequence: bigint,
    signal: AbortSignal,
    onHeader: () => void,
  ) => AsyncIterable<{ readonly event?: E | undefined }>,
  refresh: () => void,
): readonly E[] {
  const [heard, setHeard] = useState<readonly E[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useWatch(key, {
    from,
    source: () => bySequence(open, ({ event }) => event?.sequence),
    onMessage: ({ event }) => {
      if (!event) {
        return;
      }
      setHeard((before) => mergeEvents(before, [event]));
      clearTimeout(timer.current);
      timer.current = setTimeout(refresh, PAUSE_MS);
    },
  });
  return heard;
}
