import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "~/app/root-route";
import { stateAndOrder } from "~/lib/search";
import { STATUS_NAMES, validateProducts } from "./model/filters";

const products = createRoute({
  getParentRoute: () => rootRoute,
  path: "/inventory",
  validateSearch: validateProducts,
  component: lazyRouteComponent(() => import("./products/page"), "ProductsPage"),
});

const product = createRoute({
  getParentRoute: () => rootRoute,
  path: "/inventory/products/$productId",
  component: lazyRouteComponent(() => import("./product/page"), "ProductPage"),
});

const reservations = createRoute({
  getParentRoute: () => rootRoute,
  path: "/inventory/reservations",
  validateSearch: (search: Record<string, unknown>) => stateAndOrder(search, STATUS_NAMES),
  component: lazyRouteComponent(() => import("./reservations/page"), "ReservationsPage"),
});

const reservation = createRoute({
  getParentRoute: () => rootRoute,
  path: "/inventory/reservations/$reservationId",
  component: lazyRouteComponent(() => import("./reservation/page"), "ReservationPage"),
});

export const inventoryRoutes = [products, product, reservations, reservation] as const;
