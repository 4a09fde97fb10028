import { createRoute, createRouter, type RouterHistory, redirect } from "@tanstack/react-router";
import { currentRoles } from "~/api/session";
import { inventoryRoutes } from "~/inventory/routes";
import { parseSearch, stringifySearch } from "~/lib/search";
import { homeSearch } from "~/orders/home";
import { orderRoutes } from "~/orders/routes";
import { overviewRoutes } from "~/overview/routes";
import { paymentRoutes } from "~/payments/routes";
import { rootRoute } from "./root-route";

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/orders", search: homeSearch(currentRoles()), replace: true });
  },
});

const routeTree = rootRoute.addChildren([
  indexRoute,
  ...orderRoutes,
  ...paymentRoutes,
  ...inventoryRoutes,
  ...overviewRoutes,
]);

/** The console's addresses; `history` is the browser's unless a test has its own. */
export function createConsoleRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    basepath: "/console",
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    // What is shown comes from caches of its own.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    ...(history && { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
