import { useMemo } from "react";
import type { Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useLanguage, useWords } from "~/i18n";
import type { Column } from "~/ui/data-table";
import { sum } from "../model/stock";
import { LowMark, Pieces } from "../pieces";

export function useColumns(): readonly Column<Product>[] {
  const { inventory } = useWords();
  return useMemo(() => {
    const pieces = (
      id: "available" | "onHand" | "heldBack" | "reserved",
      of: (product: Product) => bigint,
      from?: number,
    ): Column<Product> => ({
      id,
      header: inventory.columns[id],
      width: "minmax(5.5rem, 0.6fr)",
      end: true,
      ...(from !== undefined && { from }),
      cell: (product) => <Pieces n={of(product)} quiet={id !== "available" && id !== "onHand"} />,
    });
    return [
      {
        id: "product",
        header: inventory.columns.product,
        width: "minmax(12rem, 2.4fr)",
        cell: ({ name, productId }) => (
          <span title={name}>
            <span className="font-medium">{name}</span>
            <code className="ml-2 tabular font-sans text-ink-3">{productId}</code>
          </span>
        ),
      },
      {
        id: "low",
        header: "",
        width: "minmax(6.5rem, 0.6fr)",
        cell: ({ lowStock, availableQuantity }) => lowStock && <LowMark available={availableQuantity} />,
      },
      pieces("available", (product) => product.availableQuantity),
      pieces("onHand", ({ stock }) => sum(stock).onHand),
      pieces("heldBack", ({ stock }) => sum(stock).heldBack, 760),
      pieces("reserved", ({ stock }) => sum(stock).reserved, 700),
      {
        id: "locations",
        header: inventory.columns.locations,
        width: "minmax(10rem, 1.4fr)",
        from: 1000,
        cell: ({ stock }) => <Locations stock={stock} />,
      },
    ];
  }, [inventory]);
}

/** What is available where. */
function Locations({ stock }: { stock: Product["stock"] }) {
  const language = useLanguage();
  const shown = stock.map(({ location, available }) => `${location} ${available.toLocaleString(language)}`);
  return (
    <span className="tabular text-ink-2" title={shown.join(" · ")}>
      {shown.join(" · ")}
    </span>
  );
}

export function NarrowProduct({ product }: { product: Product }) {
  const { inventory } = useWords();
  const total = sum(product.stock);
  return (
    <div className="space-y-0.5">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate font-medium">{product.name}</span>
        <span className="shrink-0">
          <Pieces n={product.availableQuantity} />
          <span className="ml-1 text-xs text-ink-3">{inventory.availableShort}</span>
        </span>
      </div>
      <div className="flex items-baseline justify-between gap-3 text-xs text-ink-3">
        <code className="min-w-0 truncate tabular font-sans">{product.productId}</code>
        {product.lowStock ? (
          <LowMark available={product.availableQuantity} />
        ) : (
          <span>
            {inventory.columns.onHand} <Pieces n={total.onHand} />
          </span>
        )}
      </div>
    </div>
  );
}
