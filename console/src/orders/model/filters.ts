import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type ListOrdersRequest,
  ListOrdersRequestSchema,
  type Order,
  OrderStatus,
} from "~/gen/oms/orders/v1/orders_pb";
import { text, words } from "~/lib/search";
import { millis, timestamp } from "~/lib/time";

/** Names of the states, as the address has them. */
export const STATUS_NAMES = Object.keys(OrderStatus).filter(
  (name): name is StatusName => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
);
export type StatusName = Exclude<keyof typeof OrderStatus, "UNSPECIFIED">;

export const RANGES = ["hour", "day", "week"] as const;
export type Range = (typeof RANGES)[number];

const RANGE_MS: Record<Range, number> = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

/** What narrows the list down, as it stands in the address. */
export interface OrderSearch {
  status?: string;
  customer?: string;
  q?: string;
  /** `hour`, `day`, `week`; or from when, until when. */
  range?: string;
  from?: string;
  until?: string;
  order?: string;
}

export function validateSearch(search: Record<string, unknown>): OrderSearch {
  const found: OrderSearch = {};
  const status = words(text(search, "status"), STATUS_NAMES).join(",");
  if (status) found.status = status;
  for (const name of ["customer", "q"] as const) {
    const value = text(search, name).trim();
    if (value) found[name] = value;
  }
  const range = words(text(search, "range"), RANGES)[0];
  if (range) {
    found.range = range;
  } else {
    for (const name of ["from", "until"] as const) {
      if (!Number.isNaN(Date.parse(text(search, name)))) found[name] = text(search, name);
    }
  }
  if (text(search, "order") === "oldest") found.order = "oldest";
  return found;
}

export interface Filter {
  readonly statuses: readonly OrderStatus[];
  readonly customer: string;
  readonly search: string;
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly oldestFirst: boolean;
}

/** A range that goes back from now begins when the list is opened, and stays there. */
export function filterOf(search: OrderSearch, now = Date.now()): Filter {
  const range = words(search.range, RANGES)[0];
  const at = (value: string | undefined) => (value === undefined ? undefined : Date.parse(value));
  return {
    statuses: words(search.status, STATUS_NAMES).map((name) => OrderStatus[name]),
    customer: search.customer ?? "",
    search: search.q ?? "",
    from: range ? now - RANGE_MS[range] : at(search.from),
    until: range ? undefined : at(search.until),
    oldestFirst: search.order === "oldest",
  };
}

export function isFiltered(search: OrderSearch): boolean {
  return Boolean(search.status || search.customer || search.q || search.range || search.from || search.until);
}

export function listRequest(filter: Filter, pageSize: number, pageToken: string): ListOrdersRequest {
  const time = (ms: number | undefined) => (ms === undefined ? {} : create(TimestampSchema, timestamp(ms)));
  return create(ListOrdersRequestSchema, {
    statuses: [...filter.statuses],
    customerId: filter.customer,
    search: filter.search,
    orderBy: filter.oldestFirst ? "create_time" : "create_time desc",
    pageSize,
    pageToken,
    ...(filter.from !== undefined && { createTimeFrom: time(filter.from) }),
    ...(filter.until !== undefined && { createTimeUntil: time(filter.until) }),
  });
}

/** Whether the list has room for an order that the stream tells of, by the rules of `ListOrdersRequest`. */
export function matches(filter: Filter, order: Order): boolean {
  if (filter.statuses.length > 0 && !filter.statuses.includes(order.status)) {
    return false;
  }
  if (filter.customer && order.customerId !== filter.customer) {
    return false;
  }
  const made = order.createTime ? millis(order.createTime) : 0;
  if (
    (filter.from !== undefined && made < filter.from) ||
    (filter.until !== undefined && made >= filter.until)
  ) {
    return false;
  }
  if (!filter.search) {
    return true;
  }
  const digits = filter.search.replace(/^ord_/, "").toLowerCase();
  return (
    (digits.length >= 4 && order.orderId.startsWith(`ord_${digits}`)) ||
    order.customerId === filter.search ||
    (order.trackingNumber !== "" && order.trackingNumber === filter.search)
  );
}
