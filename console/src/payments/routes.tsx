import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "~/app/root-route";
import { validateSearch } from "./model/filters";

const list = createRoute({
  getParentRoute: () => rootRoute,
  path: "/payments",
  validateSearch,
  component: lazyRouteComponent(() => import("./list/page"), "PaymentsPage"),
});

const detail = createRoute({
  getParentRoute: () => rootRoute,
  path: "/payments/$paymentId",
  component: lazyRouteComponent(() => import("./detail/page"), "PaymentPage"),
});

export const paymentRoutes = [list, detail] as const;
