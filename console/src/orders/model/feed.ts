import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { createStore, type Store } from "~/lib/store";
import type { Rows } from "~/ui/data-table";
import { type Filter, matches } from "./filters";

/** One answer of `ListOrders`. */
export interface Answer {
  readonly orders: readonly Order[];
  readonly next: string;
}

export interface FeedState {
  readonly rows: Rows<Order>;
  /** The first page is not there yet. */
  readonly loading: boolean;
  readonly more: boolean;
  readonly error: unknown;
  /** New at the top since somebody last looked there. */
  readonly fresh: number;
  /** Rows that no longer fit the filters. They stay where they are until somebody tidies up. */
  readonly left: ReadonlySet<string>;
}

/** A stretch of the list between two tokens. Its orders may have been let go; its ids stay. */
interface Page {
  readonly token: string;
  ids: string[];
  /** Whether its orders are in memory and right. */
  loaded: boolean;
  loading: boolean;
}

/** Pages around those in sight that stay in memory. */
const KEPT = 12;
/** So many rows before the end of what is known the next page is asked for. */
const AHEAD = 60;

/**
 * A list of orders by id, of any length, that follows what changes. Orders far away from what is seen are let go and
 * asked for again under the token of their page.
 */
export class Feed {
  readonly state: Store<FeedState>;
  private pages: Page[] = [];
  private starts: number[] = [0];
  private next: string | undefined = "";
  private readonly orders = new Map<string, Order>();
  private readonly left = new Set<string>();
  private readonly touched = new Map<string, number>();
  private fresh = 0;
  private error: unknown;
  private range: [number, number] = [0, 0];
  private scheduled = false;

  constructor(
    private readonly filter: Filter,
    private readonly list: (token: string) => Promise<Answer>,
    private readonly later: (run: () => void) => void = (run) => requestAnimationFrame(run),
  ) {
    this.state = createStore(this.snapshot());
  }

  /** Asks for the first page, or for everything that is in sight once more. */
  async load(): Promise<void> {
    this.error = undefined;
    if (this.pages.length === 0) {
      await this.extend();
      return;
    }
    for (const page of this.pages) page.loaded = false;
    // What is new stands in front of everything that is known.
    const top = this.pages[0];
    await Promise.all([top && this.reload(top), this.look(...this.range)]);
  }

  /** Tells which rows are seen. */
  async look(first: number, last: number): Promise<void> {
    this.range = [first, last];
    const from = this.pageAt(first);
    const to = this.pageAt(last);
    const missing = this.pages.slice(from, to + 1).filter((page) => !page.loaded && !page.loading);
    const jobs = missing.map((page) => this.reload(page));
    if (this.error === undefined && this.next !== undefined && last >= this.count() - AHEAD) {
      jobs.push(this.extend());
    }
    this.letGo(from, to);
    await Promise.all(jobs);
  }

  /** Somebody sees the top of the list. */
  seeTop(): void {
    if (this.fresh > 0) {
      this.fresh = 0;
      this.tell();
    }
  }

  /** An order as it is now: from the stream, or from the answer to an action. */
  merge(order: Order): void {
    const known = this.orders.get(order.orderId);
    if (known && known.sequence >= order.sequence) {
      return;
    }
    const fits = matches(this.filter, order);
    const where = this.locate(order.orderId);
    if (where.found) {
      this.orders.set(order.orderId, order);
      this.mark(order, fits);
    } else if (fits && where.page) {
      where.page.ids.splice(where.at, 0, order.orderId);
      this.orders.set(order.orderId, order);
      if (!this.filter.oldestFirst && where.page === this.pages[0] && where.at === 0) {
        this.fresh += 1;
      }
    } else {
      return;
    }
    if (this.touched.size > 500) this.touched.clear();
    this.touched.set(order.orderId, Date.now());
    this.tell();
  }

  /** Takes the rows away that no longer fit. */
  tidy(): void {
    for (const page of this.pages) {
      page.ids = page.ids.filter((id) => !this.left.has(id));
    }
    for (const id of this.left) this.orders.delete(id);
    this.left.clear();
    this.prune();
    this.tell();
  }

  /** Whether it changed a moment ago. */
  isTouched(id: string): boolean {
    return Date.now() - (this.touched.get(id) ?? 0) < 1_500;
  }

  get(id: string): Order | undefined {
    return this.orders.get(id);
  }

  private mark(order: Order, fits: boolean): void {
    if (fits) {
      this.left.delete(order.orderId);
    } else {
      this.left.add(order.orderId);
    }
  }

  private extending: Promise<void> | undefined;

  private extend(): Promise<void> {
    this.extending ??= this.extendOnce().finally(() => {
      this.extending = undefined;
    });
    return this.extending;
  }

  private async extendOnce(): Promise<void> {
    const token = this.next;
    if (token === undefined) {
      return;
    }
    try {
      const answer = await this.list(token);
      this.error = undefined;
      const page: Page = { token, ids: [], loaded: true, loading: false };
      this.pages.push(page);
      this.next = answer.next || undefined;
      this.fill(page, answer.orders);
    } catch (error) {
      this.error = error;
    }
    this.tell();
  }

  /** Asks for a page again and brings what is known of its stretch in line with the answer. */
  private async reload(page: Page): Promise<void> {
    page.loading = true;
    try {
      const answer = await this.list(page.token);
      const index = this.pages.indexOf(page);
      if (index < 0) {
        return;
      }
      const after = this.pages.slice(index + 1).find((other) => other.ids.length > 0)?.ids[0];
      const mine = answer.orders.filter(
        (order) => after === undefined || this.compare(order.orderId, after) < 0,
      );
      const last = answer.orders.at(-1)?.orderId;
      const beyond =
        answer.next !== "" && last !== undefined ? page.ids.filter((id) => this.compare(id, last) > 0) : [];
      if (beyond.length > 0) {
        // More came into this stretch than fits one answer.
        this.pages.splice(index + 1, 0, { token: answer.next, ids: beyond, loaded: false, loading: false });
      } else if (index === this.pages.length - 1) {
        this.next = answer.next || undefined;
      }
      // What somebody has just decided on stays in its place.
      const kept = page.ids.filter((id) => this.left.has(id) && this.orders.has(id));
      page.ids = [];
      this.fill(page, mine);
      page.ids = [...new Set([...page.ids, ...kept])].sort((a, b) => this.compare(a, b));
      page.loaded = true;
      this.error = undefined;
    } catch (error) {
      this.error = error;
    } finally {
      page.loading = false;
      this.prune();
      this.tell();
    }
  }

  /** Without pages that nothing is left of: the one before covers their stretch, the first one all that is new. */
  private prune(): void {
    while (this.pages.length > 1 && this.pages[0]?.ids.length === 0) {
      const [top, second] = this.pages.splice(0, 2);
      if (top && second) this.pages.unshift({ ...second, token: top.token });
    }
    this.pages = this.pages.filter((page, index) => index === 0 || page.ids.length > 0 || page.loading);
  }

  private fill(page: Page, orders: readonly Order[]): void {
    for (const order of orders) {
      const known = this.orders.get(order.orderId);
      // The stream may have been faster than the list.
      const newest = known && known.sequence > order.sequence ? known : order;
      this.orders.set(order.orderId, newest);
      this.mark(newest, matches(this.filter, newest));
      page.ids.push(order.orderId);
    }
  }

  private letGo(from: number, to: number): void {
    for (const [index, page] of this.pages.entries()) {
      if (page.loaded && !page.loading && (index < from - KEPT || index > to + KEPT)) {
        page.loaded = false;
        for (const id of page.ids) this.orders.delete(id);
      }
    }
  }

  private compare(a: string, b: string): number {
    const order = a < b ? -1 : a > b ? 1 : 0;
    return this.filter.oldestFirst ? order : -order;
  }

  /** Where an id is, or where it would be; no page: beyond what is known. */
  private locate(id: string): { page: Page | undefined; index: number; at: number; found: boolean } {
    const last = this.pages.length - 1;
    let index = 0;
    // The last page that begins at or before it.
    for (let low = 1, high = last; low <= high; ) {
      const middle = (low + high) >> 1;
      const head = this.pages[middle]?.ids[0];
      if (head !== undefined && this.compare(head, id) <= 0) {
        index = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    const page = this.pages[index];
    const ids = page?.ids ?? [];
    let low = 0;
    for (let high = ids.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.compare(ids[middle] ?? id, id) < 0) low = middle + 1;
      else high = middle;
    }
    const found = ids[low] === id;
    const beyond = index === last && low === ids.length && this.next !== undefined;
    return { page: found || !beyond ? page : undefined, index, at: low, found };
  }

  private count(): number {
    return this.pages.reduce((sum, page) => sum + page.ids.length, 0);
  }

  private pageAt(row: number): number {
    let low = 0;
    for (let high = this.starts.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private tell(): void {
    this.reckon();
    if (!this.scheduled) {
      this.scheduled = true;
      this.later(() => {
        this.scheduled = false;
        this.state.set(this.snapshot());
      });
    }
  }

  /** Where each page begins. */
  private reckon(): void {
    let sum = 0;
    this.starts = this.pages.map((page) => {
      const start = sum;
      sum += page.ids.length;
      return start;
    });
  }

  private snapshot(): FeedState {
    this.reckon();
    return {
      rows: {
        count: this.count(),
        at: (row) => {
          const index = this.pageAt(row);
          const id = this.pages[index]?.ids[row - (this.starts[index] ?? 0)];
          return id === undefined ? undefined : this.orders.get(id);
        },
        indexOf: (id) => {
          const { found, index, at } = this.locate(id);
          return found ? (this.starts[index] ?? 0) + at : -1;
        },
      },
      loading: this.pages.length === 0 && this.error === undefined,
      more: this.next !== undefined,
      error: this.error,
      fresh: this.fresh,
      left: new Set(this.left),
    };
  }
}
