import type { Role } from "~/api/roles";
import type { OrderSearch } from "./model/filters";

/** What each trade comes for: who decides sees what waits for a decision, who ships what is to be shipped. */
export function homeSearch(roles: readonly Role[]): OrderSearch {
  if (roles.includes("manager")) {
    return { status: "PENDING_APPROVAL" };
  }
  return roles.includes("warehouse") ? { status: "PROCESSING" } : {};
}
