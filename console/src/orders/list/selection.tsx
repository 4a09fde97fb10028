import { useCallback, useMemo, useState } from "react";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { Button, IconButton } from "~/ui/button";
import type { Rows } from "~/ui/data-table";
import { CrossIcon } from "~/ui/icons";
import type { Feed } from "../model/feed";

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly toggle: (ids: string[], on: boolean) => void;
  readonly clear: () => void;
  /** As they are now, or as they were when they were let go of. */
  readonly orders: () => Order[];
}

/** What is selected stays selected, also while it is out of sight. */
export function useSelection(feed: Feed): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Order>>(new Map());
  const toggle = useCallback(
    (ids: string[], on: boolean) =>
      setChosen((before) => {
        const next = new Map(before);
        for (const id of ids) {
          const order = feed.get(id);
          if (!on) next.delete(id);
          else if (order) next.set(id, order);
        }
        return next;
      }),
    [feed],
  );
  const clear = useCallback(() => setChosen(new Map()), []);
  return useMemo(
    () => ({
      ids: new Set(chosen.keys()),
      toggle,
      clear,
      orders: () => [...chosen].map(([id, order]) => feed.get(id) ?? order),
    }),
    [chosen, toggle, clear, feed],
  );
}

/** In the head of the table: all that is in memory, or none. */
export function SelectAll({ rows, selection }: { rows: Rows<Order>; selection: Selection }) {
  const { ui } = useWords();
  const known = () =>
    Array.from({ length: rows.count }, (_, index) => rows.at(index)?.orderId).filter(
      (id) => id !== undefined,
    );
  const some = selection.ids.size > 0;
  return (
    <label className="-m-2 grid size-9 place-items-center">
      <input
        type="checkbox"
        aria-label={ui.all}
        checked={some && selection.ids.size >= rows.count}
        ref={(box) => {
          if (box) box.indeterminate = some && selection.ids.size < rows.count;
        }}
        onChange={() => (some ? selection.clear() : selection.toggle(known(), true))}
        className="size-3.5 accent-accent pointer-coarse:size-5"
      />
    </label>
  );
}

export function SelectionBar({
  selection,
  onDecide,
}: {
  selection: Selection;
  onDecide: (action: "approve" | "reject") => void;
}) {
  const { orders } = useWords();
  if (selection.ids.size === 0) {
    return null;
  }
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-3 z-20 flex justify-center px-3">
      <div
        role="toolbar"
        aria-label={orders.selected(selection.ids.size)}
        className="pointer-events-auto flex animate-[rise_140ms_ease-out] items-center gap-2 rounded-lg border border-line bg-surface py-1.5 pr-1.5 pl-3.5 shadow-float"
      >
        <span role="status" className="tabular mr-1 font-medium">
          {orders.selected(selection.ids.size)}
        </span>
        <Button kind="primary" size="sm" hint="a" onClick={() => onDecide("approve")}>
          {orders.actions.approve}
        </Button>
        <Button kind="danger" size="sm" hint="r" onClick={() => onDecide("reject")}>
          {orders.actions.reject}
        </Button>
        <IconButton label={orders.unselect} onClick={selection.clear}>
          <CrossIcon />
        </IconButton>
      </div>
    </div>
  );
}
