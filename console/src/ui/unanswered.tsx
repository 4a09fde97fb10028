import { useLanguage, useWords } from "~/i18n";
import type { Intent } from "~/lib/intents";
import { formatClock } from "~/lib/time";
import { Button } from "./button";
import { WarnIcon } from "./icons";

/** Something was sent, perhaps before a reload, and nobody knows what came of it. */
export function UnansweredNote({
  intent,
  what,
  onAgain,
  onForget,
}: {
  intent: Intent;
  /** What was asked for, in words. */
  what: string;
  onAgain: () => void;
  onForget: () => void;
}) {
  const { action } = useWords();
  const language = useLanguage();
  return (
    <div role="alert" className="flex gap-3 rounded-md border border-waiting/40 bg-waiting-tint px-3.5 py-3">
      <WarnIcon className="mt-0.5 shrink-0 text-waiting" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {what}: {action.unknown}
        </p>
        <p className="mt-0.5 text-ink-2">{action.unknownHelp(formatClock(intent.since, language))}</p>
        <div className="mt-2.5 flex flex-wrap gap-2">
          <Button size="sm" onClick={onAgain}>
            {action.askAgain}
          </Button>
          <Button size="sm" kind="quiet" onClick={onForget}>
            {action.forget}
          </Button>
        </div>
      </div>
    </div>
  );
}
