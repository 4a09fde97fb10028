import type { Backlog } from "~/gen/oms/common/v1/statistics_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatClock, formatSpan } from "~/lib/time";
import { StatusMark, TONE_TEXT } from "~/ui/chip";
import { cx } from "~/ui/classes";
import { Cell, Head, Plain } from "~/ui/layout";
import { CardFrame } from "../card";
import { type Health, healthOf } from "../model/health";
import { msOf } from "../model/series";
import { Count } from "./orders-now";

const LOOKS = {
  good: { tone: "good", mark: { kind: "check" } },
  slow: { tone: "waiting", mark: { kind: "part", of: 0.5 } },
  stuck: { tone: "bad", mark: { kind: "cross" } },
} as const;

export interface ServiceBacklog {
  readonly service: "orders" | "payments" | "inventory";
  readonly backlog: Backlog | undefined;
  /** When it was told; 0: never. */
  readonly at: number;
  readonly isAway: boolean;
}

/** What waits to be told to Temporal, in each service. */
export function Outbox({ services, className }: { services: readonly ServiceBacklog[]; className?: string }) {
  const { overview, frame } = useWords();
  const words = overview.outbox;
  return (
    <CardFrame title={words.title} className={className ?? ""}>
      <Plain label={words.title}>
        <thead>
          <tr>
            <Head>{words.service}</Head>
            <Head end>{words.waiting}</Head>
            <Head end>{words.oldest}</Head>
            <Head end>{words.parked}</Head>
          </tr>
        </thead>
        <tbody>
          {services.map(({ service, backlog, at, isAway }) => (
            <tr key={service} className="border-t border-line/70 first:border-t-0">
              <Cell>
                {frame[service]}
                <State backlog={backlog} at={at} isAway={isAway} />
              </Cell>
              {at === 0 ? (
                <Cell colSpan={3} end className="text-ink-3">
                  –
                </Cell>
              ) : (
                <Numbers backlog={backlog} />
              )}
            </tr>
          ))}
        </tbody>
      </Plain>
      <p className="mt-2 text-xs text-ink-3">{words.help}</p>
    </CardFrame>
  );
}

function State({ backlog, at, isAway }: { backlog: Backlog | undefined; at: number; isAway: boolean }) {
  const { overview } = useWords();
  const language = useLanguage();
  if (isAway) {
    return (
      <div className="text-xs text-waiting">
        {at === 0 ? overview.away : overview.awaySince(formatClock(at, language))}
      </div>
    );
  }
  if (at === 0) {
    return null;
  }
  const health: Health = healthOf(backlog);
  const { tone, mark } = LOOKS[health];
  return (
    <div className={cx("flex items-center gap-1 text-xs", TONE_TEXT[tone])}>
      <StatusMark mark={mark} />
      {overview.outbox.health[health]}
    </div>
  );
}

function Numbers({ backlog }: { backlog: Backlog | undefined }) {
  const language = useLanguage();
  const oldest = msOf(backlog?.oldest);
  const parked = backlog?.parked ?? 0n;
  return (
    <>
      <Cell end>
        <Count n={backlog?.waiting ?? 0n} />
      </Cell>
      <Cell end className="tabular whitespace-nowrap">
        {oldest === undefined ? "–" : formatSpan(oldest, language)}
      </Cell>
      <Cell end>
        <Count n={parked} className={parked > 0n ? "font-medium text-bad" : ""} />
      </Cell>
    </>
  );
}
