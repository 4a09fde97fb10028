import { Link } from "@tanstack/react-router";
import { orderLook } from "~/domain/statuses";
import { OrderStatus, type OrderStatusCount } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { StatusMark, TONE_TEXT, type Tone } from "~/ui/chip";
import { cx } from "~/ui/classes";
import { countOf, ENDS, STATIONS, widths } from "../model/states";

const FILL: Record<Tone, string> = {
  still: "bg-still",
  waiting: "bg-waiting",
  moving: "bg-moving",
  todo: "bg-todo",
  away: "bg-away",
  good: "bg-good",
  bad: "bg-bad",
};

/** Where orders are now, along their way; each station leads to its orders. */
export function OrdersNow({ counts }: { counts: readonly OrderStatusCount[] }) {
  const { overview, statuses } = useWords();
  const stations = STATIONS.map(({ id, statuses: names, looks }) => ({
    id,
    look: orderLook(statuses, looks),
    name: overview.stations[id],
    count: countOf(counts, names),
    filter: names.join(","),
  }));
  const bar = widths(stations.map(({ count }) => count));
  return (
    <>
      <div aria-hidden="true" className="flex h-2.5 gap-0.5 overflow-hidden rounded-full bg-sunken">
        {stations.map(
          ({ id, look }, index) =>
            (bar[index] ?? 0) > 0 && (
              <div key={id} className={FILL[look.tone]} style={{ width: `${bar[index]}%` }} />
            ),
        )}
      </div>
      <ol className="mt-2 grid grid-cols-2 gap-x-2 sm:grid-cols-3 lg:grid-cols-5">
        {stations.map(({ id, look, name, count, filter }) => (
          <li key={id}>
            <Station to={filter} count={count}>
              <span className={cx("flex items-center gap-1.5 font-medium", TONE_TEXT[look.tone])}>
                <StatusMark mark={look.mark} />
                <span className="truncate">{name}</span>
              </span>
            </Station>
          </li>
        ))}
      </ol>
      <p className="mt-3 border-t border-line pt-2.5 text-xs text-ink-3">{overview.ended}</p>
      <ul className="mt-0.5 flex flex-wrap gap-x-5 gap-y-0.5">
        {ENDS.map((name) => {
          const { label, tone, mark } = orderLook(statuses, OrderStatus[name]);
          const count = countOf(counts, [name]);
          return (
            <li key={name}>
              <OrdersLink
                to={name}
                className={cx(
                  "flex items-center gap-1.5 rounded-sm py-1 hover:underline",
                  count === 0n && "text-ink-3",
                )}
              >
                <StatusMark mark={mark} className={count === 0n ? undefined : TONE_TEXT[tone]} />
                {label}
                <Count n={count} className="font-medium" />
              </OrdersLink>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Station({ to, count, children }: { to: string; count: bigint; children: React.ReactNode }) {
  return (
    <OrdersLink to={to} className="-mx-2 block rounded-md px-2 py-1.5 hover:bg-hover">
      <Count n={count} className={cx("block text-2xl font-semibold", count === 0n && "text-ink-3")} />
      {children}
    </OrdersLink>
  );
}

function OrdersLink({
  to,
  className,
  children,
}: {
  to: string;
  className: string;
  children: React.ReactNode;
}) {
  const address: string = "/orders";
  return (
    <Link to={address} search={{ status: to } as never} className={className}>
      {children}
    </Link>
  );
}

export function Count({ n, className }: { n: bigint; className?: string }) {
  const language = useLanguage();
  return <span className={cx("tabular", className)}>{n.toLocaleString(language)}</span>;
}
