import { Link } from "@tanstack/react-router";
import { linkClass, ProductRef } from "~/domain/links";
import type { Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { LowMark, Pieces } from "~/inventory/pieces";
import { CheckIcon } from "~/ui/icons";

/** What runs out, those with the least first. */
export function LowStock({ products, all }: { products: readonly Product[]; all: bigint | undefined }) {
  const { overview } = useWords();
  if (products.length === 0) {
    return (
      <p className="flex items-center gap-2 py-2 text-ink-2">
        <CheckIcon className="text-good" />
        {overview.noLowStock}
      </p>
    );
  }
  const least = products.toSorted((a, b) => Number(a.availableQuantity - b.availableQuantity));
  return (
    <>
      <ul>
        {least.slice(0, 8).map(({ productId, name, availableQuantity }) => (
          <li key={productId} className="flex items-center justify-between gap-3 py-1">
            <span className="min-w-0 truncate">
              <ProductRef id={productId}>{name}</ProductRef>{" "}
              <code className="ml-1 tabular font-sans text-ink-3">{productId}</code>
            </span>
            <span className="flex shrink-0 items-center gap-3">
              {availableQuantity <= 0n && <LowMark available={availableQuantity} />}
              <span className="w-8 text-right font-medium">
                <Pieces n={availableQuantity} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      <Link to="/inventory" search={{ low: "1" }} className={`mt-2 inline-block self-start ${linkClass}`}>
        {overview.allLow(all ?? BigInt(products.length))}
      </Link>
    </>
  );
}
