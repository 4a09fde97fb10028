import { createClient } from "@connectrpc/connect";
import { createConnectQueryKey, useTransport } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { recoveries } from "~/api/connection";
import { OrderService } from "~/gen/oms/orders/v1/orders_pb";
import { useStore } from "~/lib/store";
import { Feed, type FeedState } from "./feed";
import { filterOf, listRequest, type OrderSearch } from "./filters";
import { lastFeed, lastSearch } from "./last";
import { useOrderStream } from "./stream";

const PAGE = 200;
/** A list waits so long for the stream before it is asked for without. */
const PATIENCE_MS = 400;
/** The figures beside the list are asked for again at most so often while orders move. */
const FIGURES_MS = 4_000;

export interface Live {
  readonly feed: Feed;
  readonly state: FeedState;
  /** Whether it follows what changes; customers have no stream of all orders. */
  readonly live: boolean;
  readonly refresh: () => void;
}

/** The list of orders that the address describes, for `who`. */
export function useFeed(search: OrderSearch, who: string): Live {
  const transport = useTransport();
  const key = JSON.stringify(search);
  const feed = useMemo(() => {
    const held = lastFeed.get();
    if (held?.key === key && held.transport === transport && held.who === who) {
      return held.feed;
    }
    const client = createClient(OrderService, transport);
    const filter = filterOf(JSON.parse(key) as OrderSearch);
    return new Feed(filter, async (token) => {
      const { orders, nextPageToken } = await client.listOrders(listRequest(filter, PAGE, token));
      return { orders, next: nextPageToken };
    });
  }, [key, transport, who]);
  // Whoever comes back reads it anew.
  useEffect(() => feed.tidy(), [feed]);
  useEffect(() => {
    lastFeed.set({ key, transport, who, feed });
    lastSearch.set(JSON.parse(key) as OrderSearch);
  }, [key, transport, who, feed]);

  const state = useStore(feed.state);
  const figures = useFigures();
  const listed = useRef<Feed | undefined>(undefined);
  const list = useCallback(() => {
    listed.current = feed;
    void feed.load();
  }, [feed]);
  const live = useOrderStream(
    {
      onOrder: (order) => {
        feed.merge(order);
        figures();
      },
      // What was listed before the stream began may have changed in between.
      onReady: list,
      onGap: list,
    },
    who,
    feed,
  );

  // Without a stream, or while it keeps us waiting, the list alone is better than nothing.
  useEffect(() => {
    if (!live) {
      list();
      return;
    }
    const timer = setTimeout(() => listed.current !== feed && list(), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [live, list, feed]);

  useEffect(() => {
    const again = () => document.visibilityState === "visible" && list();
    const unsubscribe = recoveries.subscribe(again);
    if (!live) document.addEventListener("visibilitychange", again);
    return () => {
      unsubscribe();
      document.removeEventListener("visibilitychange", again);
    };
  }, [live, list]);

  return { feed, state, live, refresh: list };
}

/** Has the figures asked for again, now and then, while something moves. */
function useFigures(): () => void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const queryKey = createConnectQueryKey({
        schema: OrderService.method.getOrderStatistics,
        cardinality: "finite",
      });
      void queries.invalidateQueries({ queryKey });
    }, FIGURES_MS);
  }, [queries]);
}
