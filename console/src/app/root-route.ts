import { createRootRoute } from "@tanstack/react-router";
import { CrashView, NoPage } from "./failures";
import { Frame } from "./frame";

export const rootRoute = createRootRoute({
  component: Frame,
  errorComponent: CrashView,
  notFoundComponent: NoPage,
});
