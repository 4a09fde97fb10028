import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useClient } from "~/api/clients";
import { PAGE, REFRESH_MS, useList } from "~/api/pages";
import { InventoryService, type Product } from "~/gen/oms/inventory/v1/inventory_pb";
import type { Rows } from "~/ui/data-table";
import type { ListState } from "~/ui/list-body";
import type { ProductSearch } from "../model/filters";

export const idOf = (product: Product) => product.productId;
/** Stock is asked for in blocks of so many rows, so that not every step of a scroll asks for others. */
const BLOCK = 50;

/** The products that the address describes; the stock of those that are seen is kept up to date. */
export function useProducts({ q = "", low }: ProductSearch): ListState<Product> {
  const client = useClient(InventoryService);
  const list = useList(
    ["products", q, low],
    async (pageToken, signal) => {
      const request = { search: q, lowStock: low === "1", pageSize: PAGE, pageToken };
      const { products, nextPageToken } = await client.listProducts(request, { signal });
      return { rows: products, next: nextPageToken };
    },
    { id: idOf },
  );

  const [block, setBlock] = useState({ from: 0, until: BLOCK });
  const { onRange: readMore, rows } = list;
  const onRange = useCallback(
    (first: number, last: number) => {
      readMore(first, last);
      const from = Math.floor(first / BLOCK) * BLOCK;
      const until = Math.ceil((last + 1) / BLOCK) * BLOCK;
      setBlock((before) => (before.from === from && before.until === until ? before : { from, until }));
    },
    [readMore],
  );
  const seen = useMemo(() => idsOf(rows, block), [rows, block]);
  const { data } = useQuery(
    InventoryService.method.batchGetProducts,
    { productIds: seen },
    { enabled: seen.length > 0, refetchInterval: REFRESH_MS, placeholderData: keepPreviousData },
  );
  const fresh = useMemo(() => new Map(data?.products.map((product) => [idOf(product), product])), [data]);
  const shown = useMemo(() => rows && overlay(rows, fresh), [rows, fresh]);
  return { ...list, rows: shown, onRange };
}

function idsOf(rows: Rows<Product> | undefined, { from, until }: { from: number; until: number }): string[] {
  const ids: string[] = [];
  for (let index = from; rows && index < Math.min(until, rows.count); index++) {
    const product = rows.at(index);
    if (product) ids.push(idOf(product));
  }
  return ids;
}

function overlay(rows: Rows<Product>, fresh: ReadonlyMap<string, Product>): Rows<Product> {
  return {
    ...rows,
    at: (index) => {
      const product = rows.at(index);
      return product && (fresh.get(idOf(product)) ?? product);
    },
  };
}
