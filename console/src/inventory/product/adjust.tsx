import type { ReactNode } from "react";
import { useClient } from "~/api/clients";
import { useAction } from "~/api/use-action";
import {
  AdjustStockRequestSchema,
  InventoryService,
  type Product,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { ActionFault } from "~/ui/action-fault";
import { toast } from "~/ui/toast";
import { AdjustDialog, noMovement } from "./adjust-dialog";

/** Books changes of a product's stock, one at a time. */
export function AdjustStock({
  product,
  open,
  onClose,
  onDone,
  children,
}: {
  product: Product;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
  children: ReactNode;
}) {
  const {
    inventory: { adjust: words },
  } = useWords();
  const client = useClient(InventoryService);
  const [draft, setDraft, forgetDraft] = useDraft(`adjust/${product.productId}`, noMovement(product));
  const action = useAction({
    scope: `adjust/${product.productId}`,
    schema: AdjustStockRequestSchema,
    send: (request) => client.adjustStock(request),
    onDone: ({ stock }) => {
      onClose();
      forgetDraft();
      toast("good", words.done, stock && words.doneDetail(stock.location, stock.onHand, stock.available));
      onDone();
    },
  });
  return (
    <>
      {children}
      {!open && (
        <div className="basis-full empty:hidden">
          <ActionFault what={words.action} outcome={action} />
        </div>
      )}
      {open && (
        <AdjustDialog
          product={product}
          action={action}
          draft={draft}
          onDraft={setDraft}
          onClose={() => {
            onClose();
            action.clear();
          }}
        />
      )}
    </>
  );
}
