import type { ReactNode } from "react";
import { useLanguage, useWords } from "~/i18n";
import { refusalOf } from "~/lib/refusal";
import { formatClock, formatSpan } from "~/lib/time";
import { cx } from "~/ui/classes";
import { WarnIcon } from "~/ui/icons";
import { useNow } from "~/ui/now";
import { Failure, Loading } from "~/ui/states";
import type { Figures } from "./use-figures";

/** A part of the overview. It shows what it knows, and says when that is old. */
export function Card<T>({
  title,
  aside,
  figures,
  className,
  rows = 4,
  children,
}: {
  title: string;
  aside?: ReactNode;
  figures: Figures<T>;
  className?: string;
  /** How much room it will need. */
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  const { data, error, at, retry } = figures;
  return (
    <CardFrame title={title} aside={aside} className={className ?? ""}>
      {data !== undefined && error && <Old at={at} error={error} />}
      {data !== undefined ? (
        children(data)
      ) : error ? (
        <Failure inline error={error} onRetry={retry} />
      ) : (
        <Loading rows={rows} className="px-0" />
      )}
    </CardFrame>
  );
}

export function CardFrame({
  title,
  aside,
  className,
  children,
}: {
  title: string;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section
      aria-label={title}
      className={cx("flex min-w-0 flex-col rounded-lg border border-line bg-surface p-4", className)}
    >
      <div className="-mt-1 mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** That what is shown is not of now. */
function Old({ at, error }: { at: number; error: unknown }) {
  const now = useNow();
  const { overview } = useWords();
  const language = useLanguage();
  const { message } = refusalOf(error);
  return (
    <p
      role="status"
      title={message}
      className="mb-3 flex gap-2 rounded-md bg-waiting-tint px-2.5 py-1.5 text-xs"
    >
      <WarnIcon width="14" height="14" className="mt-px shrink-0 text-waiting" />
      <span className="tabular">
        {overview.old(formatClock(at, language), formatSpan(Math.max(1_000, now - at), language))}
      </span>
    </p>
  );
}
