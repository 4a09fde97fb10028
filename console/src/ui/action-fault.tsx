import { Refused, Unanswered } from "~/api/action";
import { useLanguage, useWords } from "~/i18n";
import { refusalOf } from "~/lib/refusal";
import { formatClock } from "~/lib/time";
import { Button } from "./button";
import { RefusalText } from "./states";

/** Why an action did not come to a good end, and what can be done: also when nobody knows whether it was done. */
export function ActionFault({
  error,
  onAgain,
  onForget,
}: {
  error: unknown;
  /** Sends the same once more, under the same key. */
  onAgain?: (() => void) | undefined;
  onForget?: (() => void) | undefined;
}) {
  const { action } = useWords();
  const language = useLanguage();
  const earlier = error instanceof Unanswered;
  const open = earlier || (error instanceof Refused && error.unanswered);
  return (
    <div role="alert" className="rounded-md border border-bad/30 bg-bad-tint px-3 py-2.5">
      {earlier ? (
        <>
          <p className="font-medium">{action.earlier}</p>
          <p>{action.earlierHelp}</p>
          <p className="mt-1 text-ink-2">{action.unknownHelp(formatClock(error.intent.since, language))}</p>
        </>
      ) : (
        <>
          <RefusalText refusal={error instanceof Refused ? error.refusal : refusalOf(error)} />
          {open && (
            <p className="mt-1.5 text-ink-2">{action.unknownHelp(formatClock(Date.now(), language))}</p>
          )}
        </>
      )}
      {open && (onAgain || onForget) && (
        <div className="mt-2 flex flex-wrap gap-2">
          {onAgain && (
            <Button size="sm" onClick={onAgain}>
              {action.askAgain}
            </Button>
          )}
          {onForget && (
            <Button size="sm" kind="quiet" onClick={onForget}>
              {action.forget}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
