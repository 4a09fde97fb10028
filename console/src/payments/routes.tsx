import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "~/app/root-route";
import { stateAndOrder } from "~/lib/search";
import { STATUS_NAMES } from "./model/filters";

const list = createRoute({
  getParentRoute: () => rootRoute,
  path: "/payments",
  validateSearch: (search: Record<string, unknown>) => stateAndOrder(search, STATUS_NAMES),
  component: lazyRouteComponent(() => import("./list/page"), "PaymentsPage"),
});

const detail = createRoute({
  getParentRoute: () => rootRoute,
  path: "/payments/$paymentId",
  component: lazyRouteComponent(() => import("./detail/page"), "PaymentPage"),
});

export const paymentRoutes = [list, detail] as const;
