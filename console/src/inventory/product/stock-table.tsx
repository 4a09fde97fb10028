import type { Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import { Section } from "~/ui/details";
import { Cell, Head, Plain } from "~/ui/layout";
import { available, type Level, sum } from "../model/stock";
import { Pieces } from "../pieces";

/** How a level divides what is on hand, and its colours. */
const PARTS = [
  { of: (level: Level) => available(level), dot: "bg-accent", word: "available" },
  { of: (level: Level) => level.reserved, dot: "bg-todo", word: "reserved" },
  { of: (level: Level) => level.heldBack, dot: "bg-still", word: "heldBack" },
] as const;

/** Where pieces are, and what may be done with them. */
export function StockTable({ product }: { product: Product }) {
  const { inventory } = useWords();
  const total = sum(product.stock);
  return (
    <Section title={inventory.stock}>
      {product.stock.length === 0 ? (
        <p className="text-ink-3">{inventory.noStock}</p>
      ) : (
        <>
          <Plain label={inventory.stock}>
            <thead>
              <tr>
                <Head>{inventory.columns.location}</Head>
                <Head className="w-1/3 max-sm:hidden">
                  <span className="sr-only">{inventory.picture}</span>
                </Head>
                <Head end className="max-sm:hidden">
                  {inventory.columns.onHand}
                </Head>
                {PARTS.map(({ word, dot }) => (
                  <Head key={word} end>
                    <span className="inline-flex items-center gap-1.5">
                      <span aria-hidden="true" className={cx("size-2 rounded-full max-sm:hidden", dot)} />
                      {inventory.columns[word]}
                    </span>
                  </Head>
                ))}
              </tr>
            </thead>
            <tbody>
              {product.stock.map((level) => (
                <tr key={level.location} className="border-t border-line/70 first:border-t-0">
                  <Cell className="font-medium">
                    {level.location}
                    <OnHand level={level} />
                  </Cell>
                  <Levels level={level} most={most(product.stock)} />
                </tr>
              ))}
            </tbody>
            {product.stock.length > 1 && (
              <tfoot>
                <tr className="border-t border-line font-medium">
                  <Cell>
                    {inventory.total}
                    <OnHand level={total} />
                  </Cell>
                  <Levels level={total} most={total.onHand} />
                </tr>
              </tfoot>
            )}
          </Plain>
          {product.lowStock && <p className="mt-2 text-xs text-ink-3">{inventory.lowHelp}</p>}
        </>
      )}
    </Section>
  );
}

/** Below the location, where a column has no room. */
function OnHand({ level }: { level: Level }) {
  const { inventory } = useWords();
  return (
    <span className="block text-xs font-normal whitespace-nowrap text-ink-3 sm:hidden">
      {inventory.columns.onHand} <Pieces n={level.onHand} />
    </span>
  );
}

function most(levels: readonly Level[]): bigint {
  let largest = 0n;
  for (const { onHand } of levels) {
    if (onHand > largest) largest = onHand;
  }
  return largest;
}

function Levels({ level, most: scale }: { level: Level; most: bigint }) {
  return (
    <>
      <Cell className="max-sm:hidden">
        <div
          aria-hidden="true"
          className="mt-1.5 flex h-2 w-full gap-px overflow-hidden rounded-full bg-sunken"
        >
          {PARTS.map(({ of, dot, word }) => {
            const part = of(level);
            return (
              part > 0n && (
                <div
                  key={word}
                  className={cx("min-w-1", dot)}
                  style={{ flexBasis: `${share(part, scale)}%` }}
                />
              )
            );
          })}
        </div>
      </Cell>
      <Cell end className="max-sm:hidden">
        <Pieces n={level.onHand} />
      </Cell>
      {PARTS.map(({ of, word }) => (
        <Cell key={word} end className={word === "available" ? "font-medium" : "text-ink-2"}>
          <Pieces n={of(level)} />
        </Cell>
      ))}
    </>
  );
}

/** In tenths of a percent, exact enough for a bar. */
function share(part: bigint, whole: bigint): number {
  return whole <= 0n ? 0 : Number((part * 1_000n) / whole) / 10;
}
