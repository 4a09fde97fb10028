import { useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import { WarnIcon } from "~/ui/icons";
import { available, type Bookable, type Level, levelAfter } from "../model/stock";
import { Pieces } from "../pieces";

/** What the stock will be, as far as is known here. Only the system knows for sure. */
export function LevelPreview({
  before,
  type,
  quantity,
}: {
  before: Level;
  type: Bookable;
  quantity: bigint | undefined;
}) {
  const { inventory } = useWords();
  const { level: after, broken } = levelAfter(before, type, quantity ?? 0n);
  const rows = [
    { word: "onHand", from: before.onHand, to: after.onHand },
    { word: "heldBack", from: before.heldBack, to: after.heldBack },
    { word: "reserved", from: before.reserved, to: after.reserved },
    { word: "available", from: available(before), to: available(after) },
  ] as const;
  return (
    <div aria-live="polite" className="my-3 rounded-md bg-sunken px-3 py-2">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-4">
        {rows.map(({ word, from, to }) => (
          <div key={word}>
            <dt className="text-xs text-ink-3">{inventory.columns[word]}</dt>
            <dd className={cx(to < 0n && "text-bad")}>
              {from !== to && (
                <>
                  <span className="text-ink-3">
                    <Pieces n={from} />
                  </span>{" "}
                  →{" "}
                </>
              )}
              <span className={cx(from !== to && "font-semibold")}>
                <Pieces n={to} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {broken && (
        <p className="mt-2 flex gap-1.5 text-bad">
          <WarnIcon className="mt-0.5 shrink-0" />
          {inventory.adjust.broken[broken]}
        </p>
      )}
    </div>
  );
}
