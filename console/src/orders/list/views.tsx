import { useQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import { useCan } from "~/api/permissions";
import { OrderService, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import type { OrderSearch, StatusName } from "../model/filters";

interface View {
  readonly name: "decide" | "ship" | "moving" | "all";
  readonly statuses: readonly StatusName[];
}

/** What each trade looks at, one press away. */
const VIEWS: readonly View[] = [
  { name: "decide", statuses: ["PENDING_APPROVAL"] },
  { name: "ship", statuses: ["PROCESSING"] },
  { name: "moving", statuses: ["APPROVED", "PAYMENT_PENDING", "PAYMENT_COMPLETED", "SHIPPED"] },
  { name: "all", statuses: [] },
];

export function Views({ search }: { search: OrderSearch }) {
  const { orders } = useWords();
  const language = useLanguage();
  const can = useCan();
  const staff = can("OrdersGetOrderStatistics");
  const figures = useQuery(OrderService.method.getOrderStatistics, {}, { enabled: staff });
  const counts = figures.data?.counts;
  const count = ({ statuses }: View) =>
    counts
      ?.filter(({ status }) => statuses.length === 0 || statuses.some((name) => OrderStatus[name] === status))
      .reduce((sum, { orders }) => sum + orders, 0n);
  // Whoever has orders of their own alone has no trade here.
  if (!staff) {
    return null;
  }
  return (
    <nav aria-label={orders.filters} className="grid auto-cols-fr grid-flow-col gap-1 py-0.5 sm:flex">
      {VIEWS.map((view) => {
        const status = view.statuses.join(",");
        const active = (search.status ?? "") === status;
        const n = count(view);
        return (
          <Link
            key={view.name}
            to="/orders"
            search={{ ...search, status }}
            aria-current={active ? "true" : undefined}
            className={cx(
              // On a phone each has a quarter of the width, and its number below its name.
              "flex min-w-0 items-center gap-x-1.5 rounded-full text-sm sm:h-7 sm:px-3 sm:pointer-coarse:h-9",
              "max-sm:min-h-9 max-sm:flex-col max-sm:justify-center max-sm:rounded-md max-sm:px-1 max-sm:py-1",
              active ? "bg-ink font-medium text-paper" : "text-ink-2 hover:bg-hover hover:text-ink",
            )}
          >
            <span className="max-w-full truncate">{orders.views[view.name]}</span>
            {n !== undefined && (
              <span className={cx("tabular text-xs", active ? "opacity-75" : "text-ink-3")}>
                {n.toLocaleString(language)}
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}
