import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCan } from "~/api/permissions";
import { useWho } from "~/api/session";
import { ViewHead } from "~/app/frame";
import { type Order, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { useWords } from "~/i18n";
import { Button, buttonClass, IconButton } from "~/ui/button";
import { DataTable, type DataTableHandle } from "~/ui/data-table";
import { ArrowUpIcon, KeysIcon, PlusIcon } from "~/ui/icons";
import { useKeys } from "~/ui/keys";
import { Empty, Failure, Loading } from "~/ui/states";
import { ReasonDialog } from "../actions/dialogs";
import { useQuick } from "../actions/use-quick";
import { isFiltered } from "../model/filters";
import { useFeed } from "../model/use-feed";
import { BulkDialog } from "./bulk";
import { NarrowRow, orderId, useColumns } from "./columns";
import { Filters } from "./filters";
import { KeysDialog } from "./keys";
import { SelectAll, SelectionBar, useSelection } from "./selection";
import { Views } from "./views";

const route = getRouteApi("/orders");

/** Where the keyboard was, for whoever comes back. */
let lastCursor: string | undefined;

export function OrdersPage() {
  const { orders } = useWords();
  const search = route.useSearch();
  const can = useCan();
  const navigate = useNavigate();
  const { feed, state, live, refresh } = useFeed(search, useWho());
  const { rows, left, fresh } = state;
  const [cursor, setCursor] = useState(lastCursor);
  const [rejecting, setRejecting] = useState<string>();
  const [bulk, setBulk] = useState<"approve" | "reject">();
  const [help, setHelp] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const table = useRef<DataTableHandle>(null);
  const decides = can("OrdersApproveOrder");
  const selection = useSelection(feed);
  const quick = useQuick();

  useEffect(() => {
    lastCursor = cursor;
  }, [cursor]);
  useEffect(() => {
    if (!scrolled) feed.seeTop();
  });

  /** The keyboard goes on to the next order that waits: whoever decides, decides on many. */
  const goOn = useCallback(
    (from: string) => {
      const at = rows.indexOf?.(from) ?? -1;
      const next = rows.at(at + 1);
      setCursor((now) => (now === from && next ? next.orderId : now));
    },
    [rows],
  );
  const approve = useCallback(
    (order: Order) => {
      if (order.status === OrderStatus.PENDING_APPROVAL) {
        goOn(order.orderId);
        void quick("approve", order.orderId);
      }
    },
    [goOn, quick],
  );
  const reject = useCallback((order: Order) => {
    if (order.status === OrderStatus.PENDING_APPROVAL) setRejecting(order.orderId);
  }, []);

  const { ids: selected, toggle } = selection;
  const actions = useMemo(
    () => ({
      decides,
      isSelected: (id: string) => selected.has(id),
      onSelect: (id: string, on: boolean) => toggle([id], on),
      onApprove: approve,
      onReject: reject,
    }),
    [decides, selected, toggle, approve, reject],
  );
  const columns = useColumns(
    actions,
    useMemo(() => <SelectAll rows={rows} selection={selection} />, [rows, selection]),
  );
  const look = useCallback((first: number, last: number) => void feed.look(first, last), [feed]);
  const open = useCallback(
    (order: Order) => void navigate({ to: "/orders/$orderId", params: { orderId: order.orderId } }),
    [navigate],
  );

  const decideMany = (action: "approve" | "reject") => selection.ids.size > 0 && setBulk(action);
  /** The first arrow goes into the list, wherever the focus was. */
  const intoList = () => {
    table.current?.focus();
    setCursor((now) => now ?? rows.at(0)?.orderId);
  };
  useKeys({
    "/": () => input.current?.focus(),
    "?": () => setHelp(true),
    ...(can("OrdersCreateOrder") && { c: () => void navigate({ to: "/orders/new" }) }),
    ".": () => feed.tidy(),
    ArrowDown: intoList,
  });

  return (
    <>
      <ViewHead
        title={orders.title}
        aside={
          <>
            <IconButton label={orders.keys.help} onClick={() => setHelp(true)} className="max-sm:hidden">
              <KeysIcon />
            </IconButton>
            {!live && <Button onClick={refresh}>{orders.refresh}</Button>}
            {can("OrdersCreateOrder") && (
              <Link to="/orders/new" className={buttonClass("primary", "md")}>
                <PlusIcon />
                {orders.newOrder}
              </Link>
            )}
          </>
        }
      >
        <div className="flex flex-col gap-2.5">
          <Views search={search} />
          <Filters search={search} input={input} />
        </div>
      </ViewHead>

      <div className="relative flex min-h-0 flex-1 flex-col">
        <div
          className="pointer-events-none absolute inset-x-0 top-10 z-20 flex justify-center"
          aria-live="polite"
        >
          {scrolled && fresh > 0 && (
            <button
              type="button"
              onClick={() => table.current?.toTop()}
              className="pointer-events-auto flex h-8 animate-[rise_140ms_ease-out] items-center gap-1.5 rounded-full bg-ink px-3.5 font-medium text-paper shadow-float"
            >
              <ArrowUpIcon />
              {orders.fresh(fresh)}
            </button>
          )}
        </div>
        {left.size > 0 && (
          <div className="flex items-center justify-between gap-3 border-b border-line bg-sunken px-4 py-1 text-xs text-ink-2 sm:px-5">
            {orders.left(left.size)}
            <Button size="sm" kind="quiet" hint="." onClick={() => feed.tidy()}>
              {orders.tidy}
            </Button>
          </div>
        )}
        {state.loading ? (
          <Loading rows={14} />
        ) : rows.count === 0 && state.error === undefined ? (
          <Empty title={isFiltered(search) ? orders.emptyFiltered : orders.empty}>
            {live && orders.emptyHelp}
          </Empty>
        ) : rows.count === 0 ? (
          <Failure error={state.error} onRetry={refresh} />
        ) : (
          <DataTable
            ref={table}
            label={orders.listLabel}
            columns={columns}
            rows={rows}
            id={orderId}
            narrow={(order) => <NarrowRow order={order} actions={actions} />}
            cursor={cursor}
            onCursor={setCursor}
            {...(decides && { selected: selection.ids, onSelect: toggle })}
            onOpen={open}
            onKey={(key, order) => {
              if (key === "a" && decides) {
                if (selection.ids.size > 0) decideMany("approve");
                else approve(order);
                return true;
              }
              if (key === "r" && decides) {
                if (selection.ids.size > 0) decideMany("reject");
                else reject(order);
                return true;
              }
              if (key === "Escape") {
                selection.clear();
                return true;
              }
              return false;
            }}
            onRange={look}
            onScrolled={setScrolled}
            rowClass={(order) =>
              left.has(order.orderId)
                ? "opacity-55"
                : feed.isTouched(order.orderId)
                  ? "animate-[arrive_1.6s_ease-out]"
                  : undefined
            }
            foot={
              <div className="px-4 py-3 text-center text-xs text-ink-3">
                {state.error !== undefined ? (
                  <Failure inline error={state.error} onRetry={refresh} />
                ) : state.more ? (
                  orders.loadingMore
                ) : (
                  orders.end
                )}
              </div>
            }
          />
        )}
        <SelectionBar selection={selection} onDecide={decideMany} />
      </div>

      {rejecting && (
        <ReasonDialog
          action="reject"
          orderId={rejecting}
          onClose={() => {
            setRejecting(undefined);
            table.current?.focus();
          }}
          onDone={() => goOn(rejecting)}
        />
      )}
      {bulk && (
        <BulkDialog
          action={bulk}
          selected={selection.orders()}
          onClose={() => {
            setBulk(undefined);
            selection.clear();
            table.current?.focus();
          }}
        />
      )}
      {help && <KeysDialog decides={decides} onClose={() => setHelp(false)} />}
    </>
  );
}
