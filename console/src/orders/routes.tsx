import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "~/app/root-route";
import { validateSearch } from "./model/filters";

const list = createRoute({
  getParentRoute: () => rootRoute,
  path: "/orders",
  validateSearch,
  component: lazyRouteComponent(() => import("./list/page"), "OrdersPage"),
});

const create = createRoute({
  getParentRoute: () => rootRoute,
  path: "/orders/new",
  component: lazyRouteComponent(() => import("./create/page"), "NewOrderPage"),
});

const detail = createRoute({
  getParentRoute: () => rootRoute,
  path: "/orders/$orderId",
  component: lazyRouteComponent(() => import("./detail/page"), "OrderPage"),
});

export const orderRoutes = [list, create, detail] as const;
