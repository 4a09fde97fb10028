import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useActionState } from "~/api/action";
import { methodWord, orderLook } from "~/domain/order";
import { type Order, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { fromWire } from "~/lib/money";
import { millis } from "~/lib/time";
import { IconButton } from "~/ui/button";
import { StatusChip } from "~/ui/chip";
import type { Column } from "~/ui/data-table";
import { Amount, Moment } from "~/ui/details";
import { CheckIcon, CrossIcon, Spinner } from "~/ui/icons";
import { scopeOf } from "../actions/decide";

export interface RowActions {
  readonly decides: boolean;
  readonly isSelected: (id: string) => boolean;
  readonly onSelect: (id: string, on: boolean) => void;
  readonly onApprove: (order: Order) => void;
  readonly onReject: (order: Order) => void;
}

export function orderId(order: Order): string {
  return order.orderId;
}

/** The columns of the list, by how much room there is. */
export function useColumns(actions: RowActions, all: React.ReactNode): Column<Order>[] {
  const { orders } = useWords();
  const head = orders.columns;
  return useMemo(() => {
    const columns: Column<Order>[] = [
      { id: "status", header: head.status, width: "8.75rem", cell: (order) => <State order={order} /> },
      {
        id: "order",
        header: head.order,
        width: "7.5rem",
        cell: (order) => (
          <Link
            to="/orders/$orderId"
            params={{ orderId: order.orderId }}
            tabIndex={-1}
            className="tabular text-ink-2 hover:underline"
            title={order.orderId}
          >
            {shortId(order.orderId)}
          </Link>
        ),
      },
      {
        id: "customer",
        header: head.customer,
        width: "minmax(6.5rem, 1.2fr)",
        cell: (order) => <Customer order={order} />,
      },
      {
        id: "total",
        header: head.total,
        width: "8.75rem",
        end: true,
        cell: (order) => <Total order={order} />,
      },
      {
        id: "payment",
        header: head.payment,
        width: "6.5rem",
        from: 960,
        cell: (order) => <Method order={order} />,
      },
      {
        id: "note",
        header: head.note,
        width: "minmax(0, 1.6fr)",
        from: 1_080,
        cell: (order) => <Note order={order} />,
      },
      {
        id: "created",
        header: head.created,
        width: "6.5rem",
        end: true,
        cell: (order) => order.createTime && <Moment ms={millis(order.createTime)} className="text-ink-2" />,
      },
    ];
    if (actions.decides) {
      columns.unshift({
        id: "select",
        header: all,
        width: "1.25rem",
        cell: (order) => <Select order={order} actions={actions} />,
      });
      columns.push({
        id: "decide",
        header: "",
        width: "3.75rem",
        from: 880,
        cell: (order) => <Decide order={order} actions={actions} />,
      });
    }
    return columns;
  }, [head, actions, all]);
}

function State({ order }: { order: Order }) {
  const { statuses } = useWords();
  return <StatusChip plain look={orderLook(statuses, order.status, order.unwinding)} />;
}

function Customer({ order }: { order: Order }) {
  const { orders } = useWords();
  return order.customerId ? (
    <span title={order.customerId}>{order.customerId}</span>
  ) : (
    <span className="text-ink-3 italic">{orders.erased}</span>
  );
}

function Total({ order }: { order: Order }) {
  const total = fromWire(order.totalAmount);
  return total && <Amount money={total} className="font-medium" />;
}

function Method({ order }: { order: Order }) {
  const { statuses } = useWords();
  return <span className="text-ink-2">{methodWord(statuses, order.paymentMethod)}</span>;
}

function Note({ order }: { order: Order }) {
  const parcel = [order.carrier, order.trackingNumber].filter(Boolean).join(" · ");
  const text = order.reason || parcel;
  return (
    <span title={text} className="text-ink-2">
      {text}
    </span>
  );
}

function Select({ order, actions }: { order: Order; actions: RowActions }) {
  const { orders } = useWords();
  return (
    <label className="-m-2 grid size-9 place-items-center">
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={orders.select(shortId(order.orderId))}
        checked={actions.isSelected(order.orderId)}
        onChange={(event) => actions.onSelect(order.orderId, event.target.checked)}
        className="size-3.5 accent-accent pointer-coarse:size-5"
      />
    </label>
  );
}

/** Decides in passing, with the mouse. */
function Decide({ order, actions }: { order: Order; actions: RowActions }) {
  const { orders } = useWords();
  const approve = useActionState(scopeOf("approve", order.orderId));
  const reject = useActionState(scopeOf("reject", order.orderId));
  if (approve.running || reject.running) {
    return <Spinner className="mx-auto text-ink-3" />;
  }
  if (order.status !== OrderStatus.PENDING_APPROVAL) {
    return null;
  }
  return (
    <span className="flex justify-end opacity-0 group-hover/row:opacity-100 group-data-cursor/row:opacity-100 pointer-coarse:opacity-100">
      <IconButton
        label={orders.actions.approve}
        tabIndex={-1}
        className="hover:bg-good-tint hover:text-good"
        onClick={() => actions.onApprove(order)}
      >
        <CheckIcon />
      </IconButton>
      <IconButton
        label={orders.actions.reject}
        tabIndex={-1}
        className="hover:bg-bad-tint hover:text-bad"
        onClick={() => actions.onReject(order)}
      >
        <CrossIcon />
      </IconButton>
    </span>
  );
}

/** The same on two lines. */
export function NarrowRow({ order, actions }: { order: Order; actions: RowActions }) {
  return (
    <div className="flex items-center gap-3">
      {actions.decides && <Select order={order} actions={actions} />}
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline justify-between gap-3">
          <State order={order} />
          <Total order={order} />
        </div>
        <div className="mt-1 flex items-baseline justify-between gap-3 text-xs text-ink-2">
          <span className="truncate">
            <span className="tabular">{shortId(order.orderId)}</span> · <Customer order={order} />
          </span>
          {order.createTime && <Moment ms={millis(order.createTime)} className="shrink-0" />}
        </div>
      </div>
    </div>
  );
}
