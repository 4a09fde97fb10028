import { useEffect, useState } from "react";
import { retryNow, useConnection } from "~/api/connection";
import { useLanguage, useWords } from "~/i18n";
import { formatSpan } from "~/lib/time";
import { Button } from "~/ui/button";
import { cx } from "~/ui/classes";
import { WarnIcon } from "~/ui/icons";

/** A short break is nobody's business. */
const PATIENCE_MS = 1_200;

/** Now, told again every second while somebody needs it. */
function useNow(needed: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!needed) {
      return;
    }
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [needed]);
  return now;
}

/** Says across the page that what is seen is old. */
export function ConnectionBar() {
  const connection = useConnection();
  const { frame } = useWords();
  const language = useLanguage();
  const lost = connection.kind === "lost";
  const now = useNow(lost);
  const gone = lost ? now - connection.since : 0;
  return (
    <div role="status" aria-live="polite">
      {lost && gone > PATIENCE_MS && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-waiting/30 bg-waiting-tint px-4 py-1.5 sm:px-5">
          <WarnIcon className="text-waiting" />
          <p className="min-w-0 flex-1">
            <strong className="tabular font-semibold">
              {frame.connection.lost(formatSpan(gone, language))}
            </strong>{" "}
            <span className="text-ink-2">{frame.connection.lostHelp}</span>
          </p>
          <Button size="sm" onClick={retryNow}>
            {frame.connection.retryNow}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The small sign in the corner. */
export function ConnectionDot() {
  const connection = useConnection();
  const { frame } = useWords();
  const language = useLanguage();
  const lost = connection.kind === "lost";
  const now = useNow(lost);
  const words = lost
    ? frame.connection.lost(formatSpan(Math.max(1_000, now - connection.since), language))
    : frame.connection[connection.kind];
  return (
    <span
      data-connection={connection.kind}
      className="inline-flex min-w-0 items-center gap-2 text-xs text-ink-3"
      title={words}
    >
      <span
        aria-hidden="true"
        className={cx(
          "size-2 shrink-0 rounded-full",
          connection.kind === "live" && "bg-good",
          connection.kind === "connecting" && "animate-[breathe_1.2s_infinite] bg-still",
          lost && "bg-waiting",
        )}
      />
      <span className="truncate max-md:sr-only">{words}</span>
    </span>
  );
}
