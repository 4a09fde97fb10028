import { text, words } from "~/lib/search";

/** Over which time figures are shown. */
export const WINDOWS = ["hour", "day"] as const;
export type Window = (typeof WINDOWS)[number];

export interface OverviewSearch {
  /** Not there: the last hour. */
  window?: "day" | undefined;
}

export function validateSearch(search: Record<string, unknown>): OverviewSearch {
  return words(text(search, "window"), ["day"])[0] ? { window: "day" } : {};
}

export function windowOf({ window }: OverviewSearch): Window {
  return window ?? "hour";
}

/** How long a step of a window is. */
export const STEP_MS: Record<Window, number> = { hour: 60_000, day: 3_600_000 };
