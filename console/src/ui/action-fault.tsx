import type { ReactNode } from "react";
import { useLanguage, useWords } from "~/i18n";
import type { Intent } from "~/lib/intents";
import type { Refusal } from "~/lib/refusal";
import { formatClock } from "~/lib/time";
import { Button } from "./button";
import { inSight } from "./dialog";
import { WarnIcon } from "./icons";
import { RefusalText } from "./states";

/** What came of an action that has not come to a good end. */
export interface ActionOutcome {
  /** It was sent, perhaps before a reload, and nobody knows whether it was done. */
  readonly unanswered: Intent | undefined;
  readonly refusal: Refusal | undefined;
  /** Sends what has no answer once more, under the same key; `undefined`: something is lacking for it. */
  readonly again: (() => void) | undefined;
  readonly forget: () => void;
}

/** Why an action did not come to a good end, and what can be done: also when no answer came. */
export function ActionFault({
  what,
  outcome: { unanswered, refusal, again, forget },
  explain,
}: {
  /** What was asked for, in words. */
  what: string;
  outcome: ActionOutcome;
  /** What it means here, beyond the system's words. */
  explain?: ReactNode;
}) {
  const { action } = useWords();
  const language = useLanguage();
  if (unanswered) {
    return (
      <div
        ref={inSight}
        role="status"
        className="flex gap-3 rounded-md border border-waiting/40 bg-waiting-tint px-3.5 py-3"
      >
        <WarnIcon className="mt-0.5 shrink-0 text-waiting" />
        <div className="min-w-0 flex-1">
          <p className="font-medium">
            {what}: {action.unknown}
          </p>
          <p className="mt-0.5 text-ink-2">{action.unknownHelp(formatClock(unanswered.since, language))}</p>
          {explain && <div className="mt-2">{explain}</div>}
          <div className="mt-2.5 flex flex-wrap gap-2">
            <Button size="sm" disabled={!again} onClick={again}>
              {action.askAgain}
            </Button>
            <Button size="sm" kind="quiet" onClick={forget}>
              {action.forget}
            </Button>
          </div>
        </div>
      </div>
    );
  }
  if (!refusal) {
    return null;
  }
  return (
    <div ref={inSight} role="alert" className="rounded-md border border-bad/30 bg-bad-tint px-3.5 py-3">
      <RefusalText refusal={refusal} />
      {explain && <div className="mt-2">{explain}</div>}
    </div>
  );
}
