import { useQuery } from "@connectrpc/connect-query";
import { useMemo, useState } from "react";
import { useCan } from "~/api/permissions";
import { InventoryService } from "~/gen/oms/inventory/v1/inventory_pb";
import type { Order, OrderItem } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { fromWire, times } from "~/lib/money";
import { type Column, DataTable } from "~/ui/data-table";
import { Amount, Section } from "~/ui/details";

interface Line {
  readonly number: number;
  readonly item: OrderItem;
}

const lineId = (line: Line) => `${line.number}`;
const ROW = 36;
const MOST = 12;
/** Its columns need less room than those of the lists. */
const LINES_NARROW = 680;

/** What was ordered. Up to ten thousand lines, of which those in sight are drawn. */
export function Lines({ order }: { order: Order }) {
  const { orders, ui } = useWords();
  const words = orders.lines;
  const language = useLanguage();
  const names = useNames(order);
  const [cursor, setCursor] = useState<string>();
  const rows = useMemo(() => {
    const lines = order.items.map((item, index): Line => ({ number: index + 1, item }));
    return { count: lines.length, at: (index: number) => lines[index] };
  }, [order.items]);
  const columns = useMemo(
    (): Column<Line>[] => [
      {
        id: "number",
        header: "",
        width: order.items.length > 999 ? "3rem" : "1.75rem",
        end: true,
        cell: (line) => <span className="tabular text-xs text-ink-3">{line.number}</span>,
      },
      {
        id: "product",
        header: words.product,
        width: "minmax(0, 1fr)",
        cell: ({ item }) => <Product item={item} name={names.get(item.productId)} />,
      },
      {
        id: "quantity",
        header: words.quantity,
        width: "5rem",
        end: true,
        cell: ({ item }) => <span className="tabular">{item.quantity.toLocaleString(language)}</span>,
      },
      {
        id: "price",
        header: words.price,
        width: "8rem",
        end: true,
        cell: ({ item }) => <Price item={item} />,
      },
      { id: "sum", header: words.sum, width: "8.5rem", end: true, cell: ({ item }) => <Sum item={item} /> },
    ],
    [words, names, language, order.items.length],
  );
  const total = fromWire(order.totalAmount);
  const height = 33 + ROW * Math.min(MOST, rows.count) + 1;
  return (
    <Section
      title={words.title}
      aside={<span className="tabular text-xs text-ink-3">{ui.items(order.items.length)}</span>}
    >
      <div className="flex flex-col overflow-hidden rounded-md border border-line bg-surface">
        <div
          className="flex flex-col"
          style={{ maxHeight: height + 240, height: rows.count > MOST ? height : "auto" }}
        >
          <DataTable
            label={words.title}
            columns={columns}
            rows={rows}
            id={lineId}
            cursor={cursor}
            onCursor={setCursor}
            narrowBelow={LINES_NARROW}
            narrow={({ item }) => (
              <div>
                <div className="flex justify-between gap-3">
                  <Product item={item} name={names.get(item.productId)} />
                  <Sum item={item} />
                </div>
                <div className="tabular mt-1 text-xs text-ink-3">
                  {item.quantity.toLocaleString(language)} × <Price item={item} />
                </div>
              </div>
            )}
          />
        </div>
        {total && (
          <div className="flex items-baseline justify-between border-t border-line bg-sunken px-4 py-2 font-semibold sm:px-5">
            <span>{words.total}</span>
            <Amount money={total} className="text-base" />
          </div>
        )}
      </div>
    </Section>
  );
}

function useNames(order: Order): ReadonlyMap<string, string> {
  const can = useCan();
  const productIds = useMemo(
    () => [...new Set(order.items.map((item) => item.productId))].sort(),
    [order.items],
  );
  const { data } = useQuery(
    InventoryService.method.batchGetProducts,
    { productIds },
    { enabled: can("InventoryBatchGetProducts") && productIds.length > 0, staleTime: 300_000 },
  );
  return useMemo(() => new Map(data?.products.map((product) => [product.productId, product.name])), [data]);
}

function Product({ item, name }: { item: OrderItem; name: string | undefined }) {
  return (
    <span className="truncate">
      {name && <span className="mr-2">{name}</span>}
      <span className="text-ink-3">{item.productId}</span>
    </span>
  );
}

function Price({ item }: { item: OrderItem }) {
  const price = fromWire(item.price);
  return price && <Amount money={price} className="text-ink-2" />;
}

function Sum({ item }: { item: OrderItem }) {
  const price = fromWire(item.price);
  return price && <Amount money={times(price, item.quantity)} />;
}
