import { EntityRef } from "~/domain/links";
import { useLanguage, useWords } from "~/i18n";
import { refusalOf } from "~/lib/refusal";
import { formatClock } from "~/lib/time";
import { Button } from "~/ui/button";
import { StatusMark } from "~/ui/chip";
import { CardFrame } from "../card";
import { type AuditResult, type ServiceAudit, useAudit } from "./use-audit";

/** Whether the books of every service hold, on demand. */
export function Audit({ className }: { className?: string }) {
  const {
    overview: { audit: words },
  } = useWords();
  const { audits, run } = useAudit();
  const running = audits.some((audit) => audit.running);
  return (
    <CardFrame
      title={words.title}
      className={className ?? ""}
      aside={
        <Button size="sm" busy={running} onClick={run}>
          {words.run}
        </Button>
      }
    >
      <p className="mb-2 text-xs text-ink-3">{words.help}</p>
      <ul aria-live="polite" className="divide-y divide-line border-t border-line">
        {audits.map((audit) => (
          <li key={audit.service} className="py-2.5">
            <Service audit={audit} />
          </li>
        ))}
      </ul>
    </CardFrame>
  );
}

function Service({ audit: { service, result, at, error, running } }: { audit: ServiceAudit }) {
  const { frame, overview } = useWords();
  const words = overview.audit;
  const language = useLanguage();
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 className="font-medium">{frame[service]}</h3>
        <span className="text-xs text-ink-3">
          {running ? words.running : result ? words.at(formatClock(at, language)) : words.never}
        </span>
      </div>
      {Boolean(error) && !running && (
        <p className="mt-1 text-xs text-waiting" lang="en">
          {overview.away}: {refusalOf(error).message}
        </p>
      )}
      {result && <Result result={result} />}
    </>
  );
}

function Result({ result: { rules, findings } }: { result: AuditResult }) {
  const {
    overview: { audit: words },
  } = useWords();
  const broken = rules.filter((rule) => rule.findings > 0n);
  const all = broken.reduce((sum, rule) => sum + rule.findings, 0n);
  if (broken.length === 0) {
    return (
      <details className="mt-1">
        <summary className="inline-flex items-center gap-1.5 text-good">
          <StatusMark mark={{ kind: "check" }} />
          {words.clean(rules.length)}
        </summary>
        <ul className="mt-1 pl-5 font-mono text-2xs text-ink-2">
          {rules.map(({ rule }) => (
            <li key={rule}>{rule}</li>
          ))}
        </ul>
      </details>
    );
  }
  return (
    <>
      <p className="mt-1 flex items-center gap-1.5 font-medium text-bad">
        <StatusMark mark={{ kind: "cross" }} />
        {words.broken(broken.length, rules.length, all)}
      </p>
      <ul className="mt-1.5 max-h-80 space-y-2 overflow-y-auto pl-5">
        {broken.map((rule) => (
          <li key={rule.rule}>
            <code className="tabular font-sans font-medium">{rule.rule}</code>{" "}
            <span className="tabular text-xs text-ink-3">× {String(rule.findings)}</span>
            <ul className="mt-0.5 space-y-1" lang="en">
              {findings
                .filter((finding) => finding.rule === rule.rule)
                .map(({ entity, detail }) => (
                  <li key={entity + detail} className="text-ink-2">
                    <EntityRef id={entity} /> {detail}
                  </li>
                ))}
            </ul>
          </li>
        ))}
      </ul>
      {all > BigInt(findings.length) && (
        <p className="mt-1 pl-5 text-xs text-ink-3">{words.more(all - BigInt(findings.length))}</p>
      )}
    </>
  );
}
