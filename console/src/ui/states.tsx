import { Code } from "@connectrpc/connect";
import type { ReactNode } from "react";
import { useWords } from "~/i18n";
import { type Refusal, refusalOf } from "~/lib/refusal";
import { Button } from "./button";
import { cx } from "./classes";
import { WarnIcon } from "./icons";

/** Nothing is there, and that is no fault. */
export function Empty({
  title,
  alone,
  children,
}: {
  title: string;
  /** There is nothing else on the page: its title is the page's. */
  alone?: boolean;
  children?: ReactNode;
}) {
  const Title = alone ? "h1" : "p";
  return (
    <div className="mx-auto max-w-sm px-6 py-14 text-center">
      <Title className="font-medium">{title}</Title>
      {children && <div className="mt-1 text-ink-2">{children}</div>}
    </div>
  );
}

/** Holds the place of what is loaded, so that nothing jumps. Seen only if it takes a moment. */
export function Loading({ rows = 8, className }: { rows?: number; className?: string }) {
  const { ui } = useWords();
  return (
    <div
      role="status"
      aria-label={ui.loading}
      className={cx("animate-[rise_300ms_200ms_both] space-y-3 p-4 sm:px-5", className)}
    >
      {Array.from({ length: rows }, (_, i) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          key={i}
          className="h-4 animate-[breathe_1.6s_ease-in-out_infinite] rounded-sm bg-sunken"
          style={{ width: `${92 - ((i * 37) % 40)}%`, animationDelay: `${i * 60}ms` }}
        />
      ))}
    </div>
  );
}

/** The server's own words, the name of the reason, and what to do about it. */
export function Failure({
  error,
  onRetry,
  inline,
}: {
  error: unknown;
  onRetry?: () => void;
  inline?: boolean;
}) {
  const refusal = refusalOf(error);
  const { ui } = useWords();
  return (
    <div
      role="alert"
      className={cx(
        "flex gap-3 rounded-md border border-bad/30 bg-bad-tint px-3.5 py-3",
        !inline && "mx-auto my-10 max-w-xl",
      )}
    >
      <WarnIcon className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <RefusalText refusal={refusal} />
        {onRetry && (
          <Button size="sm" className="mt-2.5" onClick={onRetry}>
            {ui.retry}
          </Button>
        )}
      </div>
    </div>
  );
}

export function RefusalText({ refusal }: { refusal: Refusal }) {
  const { ui, errors } = useWords();
  const state = refusal.metadata.state;
  // Nobody of ours said anything: these are the browser's words, for whoever looks for the cause.
  const isSilence = refusal.reason === "" && refusal.code === Code.Unknown;
  return (
    <>
      <p className="font-medium">{errors.titles[titleOf(refusal)]}</p>
      {refusal.message && !isSilence && (
        <p className="mt-0.5" lang="en">
          {refusal.message}
        </p>
      )}
      {refusal.violations.length > 0 && (
        <ul lang="en" className="mt-1 list-inside list-disc">
          {refusal.violations.map(({ field, description }) => (
            <li key={field + description}>
              <code className="font-mono text-xs">{field}</code> {description}
            </li>
          ))}
        </ul>
      )}
      <p className="mt-1 font-mono text-2xs text-ink-2">
        {isSilence ? refusal.message : refusal.reason || Code[refusal.code]}
        {state && ` · ${ui.actualState}: ${state}`}
      </p>
    </>
  );
}

export type ErrorTitle =
  | "outage"
  | "forbidden"
  | "signedOut"
  | "notFound"
  | "invalid"
  | "state"
  | "busy"
  | "other";

export function titleOf({ code, reason }: Refusal): ErrorTitle {
  switch (code) {
    case Code.Unauthenticated:
      return "signedOut";
    case Code.PermissionDenied:
      return "forbidden";
    case Code.NotFound:
      return "notFound";
    case Code.InvalidArgument:
      return "invalid";
    case Code.FailedPrecondition:
    case Code.Aborted:
      return "state";
    case Code.ResourceExhausted:
      return "busy";
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return "outage";
    default:
      return reason === "" ? "outage" : "other";
  }
}
