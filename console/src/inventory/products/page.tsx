import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ViewHead } from "~/app/frame";
import { useWords } from "~/i18n";
import { Button, buttonClass } from "~/ui/button";
import { cx } from "~/ui/classes";
import type { DataTableHandle } from "~/ui/data-table";
import { FilterBar, SearchInput } from "~/ui/filter-bar";
import { CheckIcon } from "~/ui/icons";
import { useKeys } from "~/ui/keys";
import { ListBody } from "~/ui/list-body";
import { Empty } from "~/ui/states";
import { lastProducts, type ProductSearch } from "../model/filters";
import { InventoryTabs } from "../tabs";
import { NarrowProduct, useColumns } from "./columns";
import { idOf, useProducts } from "./use-products";

const route = getRouteApi("/inventory");

export function ProductsPage() {
  const { frame, inventory } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useColumns();
  const list = useProducts(search);
  const table = useRef<DataTableHandle>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  useEffect(() => lastProducts.set(search), [search]);
  useKeys({ "/": () => searchInput.current?.focus(), j: () => table.current?.focus() });

  const filter = (change: Partial<ProductSearch>) => {
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
    table.current?.toTop();
  };
  const isFiltered = Boolean(search.q || search.low);

  return (
    <>
      <ViewHead title={frame.inventory} aside={<InventoryTabs />}>
        <FilterBar label={inventory.filters}>
          <SearchInput
            ref={searchInput}
            label={inventory.searchProducts}
            hint="/"
            value={search.q ?? ""}
            onChange={(q) => filter({ q })}
            className="w-full sm:w-80"
          />
          <button
            type="button"
            aria-pressed={search.low === "1"}
            onClick={() => filter({ low: search.low ? undefined : "1" })}
            className={cx(
              buttonClass("quiet", "md"),
              search.low
                ? "border-accent/50! bg-accent-tint! text-ink!"
                : "border-dashed border-line-strong/70! hover:border-solid",
            )}
          >
            {search.low && <CheckIcon />}
            {inventory.onlyLow}
          </button>
        </FilterBar>
      </ViewHead>
      <ListBody
        ref={table}
        list={list}
        label={inventory.products}
        columns={columns}
        id={idOf}
        narrow={(product) => <NarrowProduct product={product} />}
        onOpen={({ productId }) => {
          void navigate({ to: "/inventory/products/$productId", params: { productId } });
        }}
        empty={
          <Empty title={isFiltered ? inventory.noProductFits : inventory.noProducts}>
            {isFiltered && (
              <Button className="mt-3" onClick={() => void navigate({ search: {}, replace: true })}>
                {inventory.showAll}
              </Button>
            )}
          </Empty>
        }
      />
    </>
  );
}
