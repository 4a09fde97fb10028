import { ProductRef } from "~/domain/links";
import type { ReservationLine, Shortage } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { Section } from "~/ui/details";
import { CheckIcon } from "~/ui/icons";
import { Cell, Head, Plain } from "~/ui/layout";
import { Pieces } from "../pieces";

export function LinesTable({ lines, taken }: { lines: readonly ReservationLine[]; taken: boolean }) {
  const { inventory, ui } = useWords();
  const { columns, lines: words } = inventory;
  return (
    <Section title={words.title} aside={<span className="text-xs text-ink-3">{ui.items(lines.length)}</span>}>
      {lines.length === 0 ? (
        <p className="text-ink-3">{words.none}</p>
      ) : (
        <Plain label={words.title}>
          <thead>
            <tr>
              <Head>{columns.product}</Head>
              <Head>{columns.location}</Head>
              <Head end>{columns.pieces}</Head>
              <Head>{words.state}</Head>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ productId, location, quantity, held, restocked }) => (
              <tr key={`${productId}@${location}`} className="border-t border-line/70 first:border-t-0">
                <Cell>
                  <ProductRef id={productId} />
                </Cell>
                <Cell>{location}</Cell>
                <Cell end className="font-medium">
                  <Pieces n={quantity} />
                </Cell>
                <Cell>
                  {held ? (
                    <span className="inline-flex items-center gap-1 text-todo">
                      <CheckIcon />
                      {words.held}
                    </span>
                  ) : restocked > 0n ? (
                    words.restocked(restocked)
                  ) : taken ? (
                    words.taken
                  ) : (
                    <span className="text-ink-3">–</span>
                  )}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Plain>
      )}
    </Section>
  );
}

export function ShortagesTable({ shortages }: { shortages: readonly Shortage[] }) {
  const {
    inventory: { columns, shortages: words },
  } = useWords();
  return (
    <Section title={words.title}>
      <Plain label={words.title}>
        <thead>
          <tr>
            <Head>{columns.product}</Head>
            <Head>{columns.location}</Head>
            <Head end>{words.requested}</Head>
            <Head end>{columns.available}</Head>
            <Head end>{words.missing}</Head>
          </tr>
        </thead>
        <tbody>
          {shortages.map(({ productId, location, requested, available }) => (
            <tr key={`${productId}@${location}`} className="border-t border-line/70 first:border-t-0">
              <Cell>
                <ProductRef id={productId} />
              </Cell>
              <Cell>{location || <span className="text-ink-3">{words.anywhere}</span>}</Cell>
              <Cell end>
                <Pieces n={requested} />
              </Cell>
              <Cell end>
                <Pieces n={available} />
              </Cell>
              <Cell end className="font-medium text-bad">
                <Pieces n={requested - available} />
              </Cell>
            </tr>
          ))}
        </tbody>
      </Plain>
    </Section>
  );
}
