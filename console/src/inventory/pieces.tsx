import { useLanguage, useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import { WarnIcon } from "~/ui/icons";

/** A number of pieces. */
export function Pieces({ n, quiet, signed }: { n: bigint; quiet?: boolean; signed?: boolean }) {
  const language = useLanguage();
  if (quiet && n === 0n) {
    return <span className="text-ink-3">–</span>;
  }
  const digits = (n < 0n ? -n : n).toLocaleString(language);
  const sign = n < 0n ? "\u2212" : signed && n > 0n ? "+" : "";
  return (
    <span className={cx("tabular", signed && (n < 0n ? "text-bad" : "text-good"))}>
      {sign}
      {digits}
    </span>
  );
}

/** Few are left, or none. */
export function LowMark({ available }: { available: bigint }) {
  const { inventory } = useWords();
  const none = available <= 0n;
  return (
    <span
      className={cx(
        "inline-flex items-center gap-1 align-middle text-xs font-medium",
        none ? "text-bad" : "text-waiting",
      )}
    >
      <WarnIcon width="13" height="13" />
      {none ? inventory.soldOut : inventory.low}
    </span>
  );
}
