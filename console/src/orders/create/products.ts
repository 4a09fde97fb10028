import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "~/api/clients";
import { InventoryService, type Product } from "~/gen/oms/inventory/v1/inventory_pb";

const PAGE = 1_000;
/** More products than anybody searches through without a catalogue of their own. */
const MOST_PAGES = 10;

export interface Products {
  readonly all: readonly Product[];
  readonly byId: ReadonlyMap<string, Product>;
  /** All there are; `undefined` while that is not known, and no product can be called unknown. */
  readonly known: ReadonlySet<string> | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

export function useProducts(): Products {
  const client = useClient(InventoryService);
  const { data, error, isPending } = useQuery({
    queryKey: ["products", "all"],
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const all: Product[] = [];
      let pageToken = "";
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await client.listProducts({ pageSize: PAGE, pageToken }, { signal });
        all.push(...answer.products);
        pageToken = answer.nextPageToken;
        if (!pageToken) break;
      }
      return { all, complete: pageToken === "" };
    },
  });
  return useMemo(() => {
    const all = data?.all ?? [];
    const byId = new Map(all.map((product) => [product.productId, product]));
    return { all, byId, known: data?.complete ? new Set(byId.keys()) : undefined, error, loading: isPending };
  }, [data, error, isPending]);
}

/** Those whose id or name has all the words, those that begin with them first. */
export function search(products: readonly Product[], text: string, most: number): Product[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const found: { product: Product; rank: number }[] = [];
  for (const product of products) {
    const id = fold(product.productId);
    const name = fold(product.name);
    if (words.every((word) => id.includes(word) || name.includes(word))) {
      const first = words[0] ?? "";
      found.push({ product, rank: id.startsWith(first) || name.startsWith(first) ? 0 : 1 });
    }
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ product }) => product);
}

/** Without marks and capitals: `đ` is found by `d`. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
}
