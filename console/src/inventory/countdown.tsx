import type { Reservation } from "~/gen/oms/inventory/v1/inventory_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatFull, millis } from "~/lib/time";
import { cx } from "~/ui/classes";
import { ClockIcon } from "~/ui/icons";
import { useNow } from "~/ui/now";
import { remainingOf } from "./model/remaining";

/** How long the pieces are held still. Nothing, where no time runs. */
export function Countdown({ reservation, large }: { reservation: Reservation; large?: boolean }) {
  const remaining = remainingOf(reservation, useNow());
  const { inventory } = useWords();
  const language = useLanguage();
  if (!remaining || !reservation.expireTime) {
    return null;
  }
  const over = remaining.ms <= 0;
  return (
    <span
      role="timer"
      title={formatFull(millis(reservation.expireTime), language)}
      className={cx(
        "tabular inline-flex items-center gap-1.5 align-middle whitespace-nowrap",
        remaining.urgent ? "font-medium text-waiting" : large ? "text-ink" : "text-ink-2",
      )}
    >
      <ClockIcon width={large ? 18 : 13} height={large ? 18 : 13} />
      {over ? inventory.timeOver : remaining.text}
    </span>
  );
}
