import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ViewHead } from "~/app/frame";
import { orderLook } from "~/domain/order";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { fromWire } from "~/lib/money";
import { useStore } from "~/lib/store";
import { IconButton } from "~/ui/button";
import { StatusChip } from "~/ui/chip";
import { Amount, Id } from "~/ui/details";
import { ArrowDownIcon, ArrowUpIcon } from "~/ui/icons";
import { useKeys } from "~/ui/keys";
import { Failure, Loading } from "~/ui/states";
import { BackToList } from "../back";
import { lastFeed, lastSearch } from "../model/last";
import { ActionButtons, ActionOutcomes, useActions } from "./actions";
import { Facts } from "./facts";
import { History } from "./history";
import { LifecyclePicture } from "./lifecycle-picture";
import { Lines } from "./lines";
import { Unwinding } from "./unwinding";
import { useOrder } from "./use-order";

const route = getRouteApi("/orders/$orderId");

export function OrderPage() {
  const { orderId } = route.useParams();
  const { order, error, reload } = useOrder(orderId);
  if (!order) {
    return (
      <>
        <ViewHead before={<Path orderId={orderId} />} title={<Id value={orderId} whole />} />
        {error ? <Failure error={error} onRetry={reload} /> : <Loading />}
      </>
    );
  }
  // Another order is another view: nothing of the one before stays.
  return <OrderView key={order.orderId} order={order} />;
}

function OrderView({ order }: { order: Order }) {
  const { statuses } = useWords();
  const actions = useActions(order);
  const total = fromWire(order.totalAmount);
  return (
    <>
      <ViewHead
        name={`${order.customerId} ${shortId(order.orderId)}`}
        before={<Path orderId={order.orderId} />}
        title={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {total && <Amount money={total} className="text-xl" />}
            <StatusChip look={orderLook(statuses, order.status, order.unwinding)} />
          </span>
        }
        aside={<ActionButtons actions={actions} />}
      >
        {order.reason && (
          <p lang="en" className="max-w-3xl text-ink-2">
            {order.reason}
          </p>
        )}
      </ViewHead>
      <div className="relative min-h-0 flex-1 overflow-y-auto pb-10">
        <ActionOutcomes order={order} actions={actions} />
        <div className="border-b border-line px-4 py-4 sm:px-5">
          <LifecyclePicture order={order} />
        </div>
        <div className="grid gap-x-8 gap-y-6 px-4 pt-5 sm:px-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="min-w-0 space-y-6">
            <Unwinding order={order} />
            <Lines order={order} />
            <History order={order} />
          </div>
          <Facts order={order} />
        </div>
      </div>
    </>
  );
}

/** Back to the list, and through it. */
function Path({ orderId }: { orderId: string }) {
  const { orders } = useWords();
  const navigate = useNavigate();
  const search = useStore(lastSearch);
  const held = useStore(lastFeed);
  const rows = held?.feed.state.get().rows;
  const at = rows?.indexOf?.(orderId) ?? -1;
  const neighbour = (step: number) => (at < 0 ? undefined : rows?.at(at + step)?.orderId);
  const go = (id: string | undefined) => {
    if (id) void navigate({ to: "/orders/$orderId", params: { orderId: id }, replace: true });
  };
  const back = () => void navigate({ to: "/orders", search });
  useKeys({ Escape: back, j: () => go(neighbour(1)), k: () => go(neighbour(-1)) });
  return (
    <div className="-mt-1 mb-1 flex items-center gap-1 text-ink-2">
      <BackToList />
      <span aria-hidden="true" className="text-ink-3">
        /
      </span>
      <Id value={orderId} />
      {at >= 0 && (
        <span className="ml-auto flex">
          <IconButton label={orders.previous} disabled={!neighbour(-1)} onClick={() => go(neighbour(-1))}>
            <ArrowUpIcon />
          </IconButton>
          <IconButton label={orders.next} disabled={!neighbour(1)} onClick={() => go(neighbour(1))}>
            <ArrowDownIcon />
          </IconButton>
        </span>
      )}
    </div>
  );
}
