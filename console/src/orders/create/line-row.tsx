import { memo, useRef } from "react";
import { useLanguage, useWords } from "~/i18n";
import { formatNumber, type Money, parseMoney } from "~/lib/money";
import { IconButton } from "~/ui/button";
import { Amount } from "~/ui/details";
import { Field, Input } from "~/ui/field";
import { TrashIcon } from "~/ui/icons";
import { type DraftLine, parseQuantity } from "./draft";
import { ProductPicker } from "./product-picker";
import type { Products } from "./products";

export const LINE_GRID =
  "grid grid-cols-[6rem_minmax(0,1fr)_2.5rem] gap-x-2 gap-y-2 sm:grid-cols-[minmax(0,1fr)_5.5rem_8.5rem_9rem_2rem]";

export interface LineFaults {
  readonly product: readonly string[];
  readonly quantity: readonly string[];
  readonly price: readonly string[];
}

export const LineRow = memo(function LineRow({
  line,
  index,
  currency,
  sum,
  faults,
  products,
  onChange,
  onRemove,
  onEnd,
  onPasteLines,
}: {
  line: DraftLine;
  index: number;
  currency: string;
  sum: Money | undefined;
  faults: LineFaults;
  products: Products;
  onChange: (key: string, change: Partial<DraftLine>) => void;
  onRemove: (key: string) => void;
  /** Enter at the end of the line: on to the next, or a new one. */
  onEnd: (key: string) => void;
  onPasteLines: (key: string, text: string) => boolean;
}) {
  const { orders } = useWords();
  const words = orders.lines;
  const language = useLanguage();
  const quantity = useRef<HTMLInputElement>(null);
  const price = useRef<HTMLInputElement>(null);
  const product = products.byId.get(line.product.trim());
  const wanted = parseQuantity(line.quantity);
  const short = product && wanted !== undefined && wanted > product.availableQuantity;

  return (
    <li
      aria-label={orders.create.line(index + 1)}
      className={`${LINE_GRID} items-start border-b border-line px-3 py-2 last:border-0`}
    >
      <Field
        label={words.product}
        hideLabel
        required
        faults={faults.product}
        className="max-sm:col-span-2"
        help={
          product && (
            <span className={short ? "text-waiting" : undefined}>
              {product.name} · {orders.create.available(product.availableQuantity.toLocaleString(language))}
            </span>
          )
        }
      >
        {(wiring) => (
          <ProductPicker
            wiring={{ ...wiring, "data-line": line.key }}
            value={line.product}
            products={products}
            onChange={(text) => onChange(line.key, { product: text })}
            onPicked={() => quantity.current?.select()}
            onPasteLines={(text) => onPasteLines(line.key, text)}
          />
        )}
      </Field>
      <IconButton
        label={orders.create.removeLine(index + 1)}
        onClick={() => onRemove(line.key)}
        className="mt-5.5 sm:order-last sm:mt-0.5"
      >
        <TrashIcon />
      </IconButton>
      <Field label={words.quantity} hideLabel required faults={faults.quantity}>
        {(wiring) => (
          <Input
            {...wiring}
            ref={quantity}
            inputMode="numeric"
            className="tabular text-right"
            value={line.quantity}
            onFocus={(event) => event.target.select()}
            onChange={(event) => onChange(line.key, { quantity: event.target.value })}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
                event.preventDefault();
                price.current?.select();
              }
            }}
          />
        )}
      </Field>
      <Field
        label={`${words.price} (${currency})`}
        hideLabel
        required
        faults={faults.price}
        className="max-sm:col-span-2"
      >
        {(wiring) => (
          <Input
            {...wiring}
            ref={price}
            inputMode="decimal"
            className="tabular text-right"
            value={line.price}
            onFocus={(event) => event.target.select()}
            onChange={(event) => onChange(line.key, { price: event.target.value })}
            onBlur={() => {
              // Shows how the amount was understood.
              const parsed = parseMoney(line.price, currency, language);
              if ("money" in parsed)
                onChange(line.key, { price: formatNumber(parsed.money, language).replace("\u2212", "-") });
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
                event.preventDefault();
                onEnd(line.key);
              }
            }}
          />
        )}
      </Field>
      <div className="text-right max-sm:col-span-3 sm:pt-1.5">
        {sum ? <Amount money={sum} /> : <span className="text-ink-3">–</span>}
      </div>
    </li>
  );
});
