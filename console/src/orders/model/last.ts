import { createStore } from "~/lib/store";
import type { Feed } from "./feed";
import type { OrderSearch } from "./filters";

/** A list, and whose it is. */
export interface Held {
  readonly key: string;
  readonly transport: unknown;
  readonly who: string;
  readonly feed: Feed;
}

/** The list that was looked at last: whoever comes back finds it as it was, and the detail steps through it. */
export const lastFeed = createStore<Held | undefined>(undefined);
/** Where it stands in the address. */
export const lastSearch = createStore<OrderSearch>({});
