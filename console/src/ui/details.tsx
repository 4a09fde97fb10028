import type { ReactNode } from "react";
import { useState } from "react";
import { useLanguage, useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { formatMoney, formatNumber, type Money } from "~/lib/money";
import { formatFull, formatMoment } from "~/lib/time";
import { cx } from "./classes";
import { CheckIcon, CopyIcon, OutIcon } from "./icons";

/** Names and values in two columns; one below the other where it is narrow. */
export function Details({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <dl className={cx("grid grid-cols-[minmax(6.5rem,auto)_1fr] gap-x-4 gap-y-1.5", className)}>
      {children}
    </dl>
  );
}

export function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** A part of a page with a heading. */
export function Section({
  title,
  aside,
  children,
  className,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section aria-label={title} className={cx("min-w-0", className)}>
      <div className="mb-2 flex min-h-7 items-center justify-between gap-3">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A moment: short, with everything there is to say in its title. */
export function Moment({ ms, className }: { ms: number; className?: string }) {
  const language = useLanguage();
  return (
    <time
      dateTime={new Date(ms).toISOString()}
      title={formatFull(ms, language)}
      className={cx("tabular whitespace-nowrap", className)}
    >
      {formatMoment(ms, language)}
    </time>
  );
}

/** An exact amount. In a column the code stands apart, so that the digits line up. */
export function Amount({ money, className }: { money: Money; className?: string }) {
  const language = useLanguage();
  return (
    <span className={cx("tabular whitespace-nowrap", className)} title={formatMoney(money, language)}>
      {formatNumber(money, language)}
      {/* Without a height of its own, or smaller letters would push the line up. */}
      <span className="ml-1 text-[0.85em] leading-none text-ink-3">{money.currency}</span>
    </span>
  );
}

/** An id that can be told apart and copied whole. */
export function Id({ value, whole }: { value: string; whole?: boolean }) {
  const { ui } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_200);
  };
  return (
    <span className="group/id inline-flex max-w-full items-center gap-0.5">
      <code title={value} className="tabular truncate font-sans">
        {whole ? value : shortId(value)}
      </code>
      <button
        type="button"
        aria-label={`${copied ? ui.copied : ui.copy} ${value}`}
        title={copied ? ui.copied : ui.copy}
        onClick={() => void copy()}
        className="-my-1 grid size-6 shrink-0 place-items-center rounded-sm text-ink-3 hover:text-ink pointer-fine:opacity-0 pointer-fine:group-hover/id:opacity-100 pointer-fine:focus-visible:opacity-100"
      >
        {copied ? <CheckIcon width="13" height="13" /> : <CopyIcon width="13" height="13" />}
      </button>
    </span>
  );
}

/** A page of another program. */
export function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 text-accent underline-offset-2 hover:underline"
    >
      {children}
      <OutIcon width="13" height="13" />
    </a>
  );
}
