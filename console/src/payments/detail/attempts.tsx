import type { PaymentEvent } from "~/gen/oms/payments/v1/payments_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatSpan } from "~/lib/time";
import { StatusChip, type StatusLook } from "~/ui/chip";
import { Moment, Section } from "~/ui/details";
import { Cell, Head, Plain } from "~/ui/layout";
import { attemptsOf, type Outcome } from "../model/attempts";

const LOOKS: Record<Outcome, Omit<StatusLook, "label">> = {
  running: { tone: "moving", mark: { kind: "part", of: 0.5 } },
  charged: { tone: "good", mark: { kind: "check" } },
  refused: { tone: "bad", mark: { kind: "cross" } },
  failed: { tone: "waiting", mark: { kind: "slash" } },
};

export function AttemptsTable({ events }: { events: readonly PaymentEvent[] }) {
  const {
    payments: { attempts: words },
  } = useWords();
  const language = useLanguage();
  const attempts = attemptsOf(events);
  return (
    <Section title={words.title}>
      {attempts.length === 0 ? (
        <p className="text-ink-3">{words.none}</p>
      ) : (
        <Plain label={words.title}>
          <thead>
            <tr>
              <Head className="w-16">{words.number}</Head>
              <Head>{words.outcome}</Head>
              <Head end>{words.began}</Head>
              <Head end>{words.took}</Head>
            </tr>
          </thead>
          <tbody>
            {attempts.map(({ number, outcome, reason, startedAt, endedAt }) => (
              <tr key={number} className="border-t border-line/70 first:border-t-0">
                <Cell className="tabular text-ink-2">{number}</Cell>
                <Cell>
                  <StatusChip plain look={{ ...LOOKS[outcome], label: words.outcomes[outcome] }} />
                  {reason && (
                    <p className="mt-0.5 max-w-prose text-ink-2" lang="en">
                      {reason}
                    </p>
                  )}
                </Cell>
                <Cell end className="text-ink-2">
                  <Moment ms={startedAt} />
                </Cell>
                <Cell end className="tabular whitespace-nowrap text-ink-2">
                  {endedAt === undefined ? "–" : formatSpan(endedAt - startedAt, language)}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Plain>
      )}
    </Section>
  );
}
