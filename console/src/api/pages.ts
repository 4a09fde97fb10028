import {
  type InfiniteData,
  type QueryKey,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useMemo, useRef } from "react";
import { type Order, type Page, renew } from "~/lib/pages";
import type { Rows } from "~/ui/data-table";
import type { ListState } from "~/ui/list-body";

/** How often what a view shows is asked for again where no stream tells of changes. */
export const REFRESH_MS = 5_000;
/** Rows of a page. */
export const PAGE = 100;
/** So many rows before the end of what was read, more is asked for. */
const AHEAD = 40;
/** Whoever sees a row above this one is at the top of the list. */
const TOP = 5;

/**
 * A list with cursors, read page by page as somebody scrolls. With an order its first page is read again now and then,
 * so that what is new comes up by itself.
 */
export function useList<T>(
  key: readonly unknown[],
  load: (pageToken: string, signal: AbortSignal) => Promise<Page<T>>,
  { id, order }: { id: (row: T) => string; order?: Order<T> },
): ListState<T> {
  const queries = useQueryClient();
  const queryKey: QueryKey = ["list", ...key];
  const atTop = useRef(true);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page: Page<T>) => page.next || undefined,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  useQuery({
    queryKey: ["head", ...key],
    enabled: order !== undefined && list.isSuccess,
    initialData: 0,
    initialDataUpdatedAt: Date.now,
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      const head = await load("", signal);
      const before = queries.getQueryData<InfiniteData<Page<T>, string>>(queryKey);
      const pages = before && order && renew(before.pages, head, order);
      if (pages) {
        queries.setQueryData(queryKey, { pages, pageParams: before.pageParams.slice(0, pages.length) });
      } else if (atTop.current) {
        queries.setQueryData(queryKey, { pages: [head], pageParams: [""] });
      }
      // Else somebody reads further down, and keeps what they read.
      return Date.now();
    },
  });

  const data = list.data;
  const rows = useMemo(() => data && rowsOf(data.pages, id), [data, id]);
  const { hasNextPage, isFetching, fetchNextPage, refetch } = list;
  const count = rows?.count ?? 0;
  const failed = list.isFetchNextPageError;
  const onRange = useCallback(
    (first: number, last: number) => {
      atTop.current = first < TOP;
      if (hasNextPage && !isFetching && !failed && last >= count - AHEAD) {
        void fetchNextPage();
      }
    },
    [hasNextPage, isFetching, failed, fetchNextPage, count],
  );
  return {
    rows,
    error: rows === undefined ? list.error : null,
    endError: failed ? list.error : null,
    isWhole: !hasNextPage,
    retry: () => void refetch(),
    retryEnd: () => void fetchNextPage(),
    onRange,
  };
}

function rowsOf<T>(pages: readonly Page<T>[], id: (row: T) => string): Rows<T> {
  const all = pages.flatMap((page) => page.rows);
  const places = new Map(all.map((row, index) => [id(row), index]));
  return {
    count: all.length,
    at: (index) => all[index],
    indexOf: (wanted) => places.get(wanted) ?? -1,
  };
}
