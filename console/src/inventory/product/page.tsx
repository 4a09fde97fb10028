import { useQuery } from "@connectrpc/connect-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { REFRESH_MS } from "~/api/pages";
import { useCan } from "~/api/permissions";
import { ViewHead } from "~/app/frame";
import { InventoryService, type Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { BackLink } from "~/ui/back-link";
import { Button } from "~/ui/button";
import { Id } from "~/ui/details";
import { useKeys } from "~/ui/keys";
import { Failure, Loading } from "~/ui/states";
import { lastProducts } from "../model/filters";
import { LowMark } from "../pieces";
import { AdjustStock } from "./adjust";
import { Movements } from "./movements";
import { StockTable } from "./stock-table";

const route = getRouteApi("/inventory/products/$productId");

export function ProductPage() {
  const { productId } = route.useParams();
  return <ProductView key={productId} productId={productId} />;
}

function ProductView({ productId }: { productId: string }) {
  const { inventory } = useWords();
  const search = useStore(lastProducts);
  const mayAdjust = useCan()("InventoryAdjustStock");
  const [adjusting, setAdjusting] = useState(false);
  const { data, error, refetch } = useQuery(
    InventoryService.method.getProduct,
    { productId },
    { refetchInterval: REFRESH_MS },
  );
  const product = data?.product;
  useKeys(mayAdjust && product ? { a: () => setAdjusting(true) } : {});
  return (
    <>
      <ViewHead
        before={<BackLink to="/inventory" search={search} label={inventory.allProducts} />}
        title={
          <span className="flex flex-wrap items-baseline gap-x-3">
            {product?.name ?? productId}
            {product && (
              <span className="text-sm font-normal text-ink-2">
                <Id value={productId} whole />
              </span>
            )}
            {product?.lowStock && <LowMark available={product.availableQuantity} />}
          </span>
        }
        aside={
          product &&
          mayAdjust && (
            <AdjustStock
              product={product}
              open={adjusting}
              onClose={() => setAdjusting(false)}
              onDone={() => void refetch()}
            >
              <Button kind="primary" hint="A" onClick={() => setAdjusting(true)}>
                {inventory.adjust.action}
              </Button>
            </AdjustStock>
          )
        }
      />
      {product ? (
        <ProductBody product={product} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function ProductBody({ product }: { product: Product }) {
  const mayRead = useCan()("InventoryListMovements");
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      className="relative min-h-0 flex-1 space-y-7 overflow-y-auto px-4 py-5 outline-offset-[-2px] sm:px-5"
    >
      <StockTable product={product} />
      {mayRead && <Movements product={product} />}
    </div>
  );
}
