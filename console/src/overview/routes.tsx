import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "~/app/root-route";
import { validateSearch } from "./model/window";

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: "/overview",
  validateSearch,
  component: lazyRouteComponent(() => import("./page"), "OverviewPage"),
});

export const overviewRoutes = [overview] as const;
