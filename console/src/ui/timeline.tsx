import type { ReactNode } from "react";
import { useLanguage } from "~/i18n";
import { formatClock, formatFull, formatSpan } from "~/lib/time";
import { type Mark, StatusMark, TONE_TEXT, type Tone } from "./chip";
import { cx } from "./classes";
import { PersonIcon } from "./icons";

export interface TimelineEntry {
  readonly key: string;
  readonly at: number;
  readonly tone: Tone;
  readonly mark: Mark;
  readonly title: string;
  /** In the server's words. */
  readonly detail?: ReactNode;
  /** A caller's name; empty for the system itself. */
  readonly actor?: string;
}

/** What happened, oldest first, with who, when, and how long it took from one thing to the next. */
export function Timeline({ entries, label }: { entries: readonly TimelineEntry[]; label: string }) {
  const language = useLanguage();
  return (
    <ol aria-label={label} className="relative max-w-2xl">
      {entries.map((entry, index) => {
        const before = entries[index - 1];
        const gap = before ? entry.at - before.at : 0;
        return (
          <li key={entry.key} className="relative flex gap-3 pb-3.5 last:pb-0">
            {index < entries.length - 1 && (
              <span aria-hidden="true" className="absolute top-4.5 bottom-0.5 left-1.5 w-px bg-line" />
            )}
            <span className={cx("mt-0.5", TONE_TEXT[entry.tone])}>
              <StatusMark mark={entry.mark} />
            </span>
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-baseline justify-between gap-x-3">
                <span className="font-medium">{entry.title}</span>
                <span className="tabular text-xs text-ink-3">
                  {gap >= 1000 && <span className="mr-2">+{formatSpan(gap, language)}</span>}
                  <time dateTime={new Date(entry.at).toISOString()} title={formatFull(entry.at, language)}>
                    {formatClock(entry.at, language)}
                  </time>
                </span>
              </div>
              {entry.detail && <div className="text-ink-2">{entry.detail}</div>}
              {entry.actor && (
                <div className="mt-0.5 flex items-center gap-1 text-xs text-ink-3">
                  <PersonIcon width="12" height="12" />
                  {entry.actor}
                </div>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
