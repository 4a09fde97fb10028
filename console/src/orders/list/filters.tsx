import { useNavigate } from "@tanstack/react-router";
import { type Ref, useState } from "react";
import { useCan } from "~/api/permissions";
import { orderLook } from "~/domain/order";
import { OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { words } from "~/lib/search";
import { formatMoment, fromLocalInput, toLocalInput } from "~/lib/time";
import { Button, IconButton } from "~/ui/button";
import { StatusChip } from "~/ui/chip";
import { cx } from "~/ui/classes";
import { Dialog, DialogActions } from "~/ui/dialog";
import { Field, Input } from "~/ui/field";
import { FilterBar, SearchInput } from "~/ui/filter-bar";
import { ArrowDownIcon, ArrowUpIcon, PersonIcon } from "~/ui/icons";
import { FilterMenu, MenuChecks, MenuChoices } from "~/ui/menu";
import { isFiltered, type OrderSearch, RANGES, STATUS_NAMES } from "../model/filters";

export function Filters({ search, input }: { search: OrderSearch; input: Ref<HTMLInputElement> }) {
  const { orders, statuses, ui } = useWords();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const change = (next: Partial<Record<keyof OrderSearch, string>>) =>
    void navigate({ to: "/orders", search: { ...search, ...next }, replace: true });
  const chosen = words(search.status, STATUS_NAMES);
  // A customer's orders are all of one customer.
  const seesAll = useCan()("OrdersWatchOrders");

  return (
    <FilterBar label={orders.filters}>
      <SearchInput
        ref={input}
        label={orders.search}
        hint="/"
        value={search.q ?? ""}
        onChange={(q) => change({ q })}
        className="min-w-0 flex-[1_1_16rem] sm:max-w-88"
      />
      <FilterMenu
        name={orders.status}
        chosen={
          chosen.length > 0 &&
          (chosen.length === 1 && chosen[0] ? statuses.order[chosen[0]] : `${chosen.length}`)
        }
        onClear={() => change({ status: "" })}
      >
        <MenuChecks
          values={chosen}
          onChange={(values) => change({ status: values.join(",") })}
          choices={STATUS_NAMES.map((value) => ({
            value,
            label: <StatusChip plain look={orderLook(statuses, OrderStatus[value])} />,
          }))}
        />
      </FilterMenu>
      {seesAll && (
        <SearchInput
          label={orders.customer}
          icon={<PersonIcon />}
          value={search.customer ?? ""}
          onChange={(customer) => change({ customer })}
          className={cx("w-36", !search.customer && "max-sm:hidden")}
        />
      )}
      <FilterMenu
        name={orders.time}
        chosen={(search.range || search.from || search.until) && <TimeWords search={search} />}
        onClear={() => change({ range: "", from: "", until: "" })}
      >
        <MenuChoices
          value={search.from || search.until ? "own" : search.range}
          onChange={(range) => (range === "own" ? setAsking(true) : change({ range, from: "", until: "" }))}
          choices={[...RANGES, "own" as const].map((value) => ({ value, label: orders.times[value] }))}
        />
      </FilterMenu>
      <IconButton
        label={search.order ? orders.oldestFirst : orders.newestFirst}
        onClick={() => change({ order: search.order ? "" : "oldest" })}
        className="size-8"
      >
        {search.order ? <ArrowUpIcon /> : <ArrowDownIcon />}
      </IconButton>
      {isFiltered(search) && (
        <Button
          kind="quiet"
          onClick={() => change({ status: "", customer: "", q: "", range: "", from: "", until: "" })}
        >
          {ui.clearAll}
        </Button>
      )}
      {asking && (
        <RangeDialog
          search={search}
          onClose={() => setAsking(false)}
          onChange={(range) => change({ range: "", ...range })}
        />
      )}
    </FilterBar>
  );
}

function TimeWords({ search }: { search: OrderSearch }) {
  const { orders } = useWords();
  const language = useLanguage();
  const range = words(search.range, RANGES)[0];
  if (range) {
    return orders.times[range];
  }
  const at = (text: string | undefined) => (text ? formatMoment(Date.parse(text), language) : "…");
  return `${at(search.from)} – ${at(search.until)}`;
}

function RangeDialog({
  search,
  onClose,
  onChange,
}: {
  search: OrderSearch;
  onClose: () => void;
  onChange: (range: { from: string; until: string }) => void;
}) {
  const { orders, ui } = useWords();
  const initial = (text: string | undefined) => (text ? toLocalInput(Date.parse(text)) : "");
  const [from, setFrom] = useState(initial(search.from));
  const [until, setUntil] = useState(initial(search.until));
  const iso = (local: string) => {
    const ms = fromLocalInput(local);
    return ms === undefined ? "" : new Date(ms).toISOString();
  };
  const backwards = from !== "" && until !== "" && from >= until;
  return (
    <Dialog title={orders.timeRange} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!backwards) {
            onClose();
            onChange({ from: iso(from), until: iso(until) });
          }
        }}
      >
        <Field label={ui.from}>
          {(wiring) => (
            <Input
              {...wiring}
              type="datetime-local"
              value={from}
              onChange={(event) => setFrom(event.target.value)}
            />
          )}
        </Field>
        <Field label={ui.until} faults={backwards ? [orders.backwards] : []}>
          {(wiring) => (
            <Input
              {...wiring}
              type="datetime-local"
              value={until}
              onChange={(event) => setUntil(event.target.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button kind="primary" type="submit" disabled={backwards}>
            {ui.apply}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
