import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";

/** What orders, payments and reservations have in common. */
interface Living<E> {
  readonly orderId: string;
  readonly status: number;
  readonly sequence: bigint;
  readonly timeline: readonly E[];
}

/** Things by their ids, and whoever follows them. */
export class Kept<E extends { readonly sequence: bigint }, T extends Living<E>> {
  private readonly things = new Map<string, T>();
  private readonly watchers = new Set<(thing: T) => void>();

  constructor(
    private readonly kind: string,
    private readonly idOf: (thing: T) => string,
  ) {}

  get size(): number {
    return this.things.size;
  }

  /** The thing as it is from now on; whoever watches is told. */
  put(thing: T): T {
    this.things.set(this.idOf(thing), thing);
    for (const tell of this.watchers) tell(thing);
    return thing;
  }

  get(id: string): T {
    const thing = this.things.get(id);
    if (!thing) throw new ConnectError(`${this.kind} ${id} does not exist`, Code.NotFound);
    return thing;
  }

  newestFirst(): T[] {
    return [...this.things.values()].sort((a, b) => (this.idOf(a) < this.idOf(b) ? 1 : -1));
  }

  /** A page of those with this status, if one is asked for, and of this order, without their histories. */
  list(request: { status: number; orderId: string; pageSize: number; pageToken: string }) {
    const fitting = this.newestFirst()
      .filter(({ status }) => request.status === 0 || request.status === status)
      .filter(({ orderId }) => request.orderId === "" || request.orderId === orderId);
    const { rows, nextPageToken } = page(fitting, request);
    return { rows: rows.map((row) => ({ ...row, timeline: [] })), nextPageToken };
  }

  /** First this, and then what each change is to whoever asked. */
  watch<M>({ signal }: HandlerContext, first: M[], news: (thing: T) => M[]): AsyncIterable<M> {
    const stream = new ReadableStream<M>({
      start: (to) => {
        const tell = (messages: M[]) => messages.forEach((message) => void to.enqueue(message));
        const watcher = (thing: T) => tell(news(thing));
        tell(first);
        this.watchers.add(watcher);
        signal.addEventListener("abort", () => this.watchers.delete(watcher));
      },
    });
    return stream as AsyncIterable<M>;
  }

  /** The events of a thing after one of them, as they come. */
  events(context: HandlerContext, id: string, after: bigint): AsyncIterable<{ event: E }> {
    let told = after;
    const news = (thing: T) => {
      if (this.idOf(thing) !== id) return [];
      const events = thing.timeline.filter(({ sequence }) => sequence > told);
      told = thing.sequence;
      return events.map((event) => ({ event }));
    };
    return this.watch(context, news(this.get(id)), news);
  }
}

/** So many of the rows, and where those after them begin. */
export function page<T>(
  rows: readonly T[],
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
): { rows: T[]; nextPageToken: string } {
  const from = Number(pageToken);
  const until = from + (pageSize || 50);
  return { rows: rows.slice(from, until), nextPageToken: until < rows.length ? `${until}` : "" };
}
