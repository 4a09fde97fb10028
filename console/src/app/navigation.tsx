import { Link } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { type Can, type Permission, useCan } from "~/api/permissions";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { lastSearch } from "~/orders/model/last";
import { cx } from "~/ui/classes";
import { type IconProps, InventoryIcon, OrdersIcon, OverviewIcon, PaymentsIcon } from "~/ui/icons";
import { ConnectionDot } from "./connection-bar";
import { RoleSwitch, Settings } from "./settings";

interface Place {
  readonly to: "/orders" | "/payments" | "/inventory" | "/overview";
  readonly name: "orders" | "payments" | "inventory" | "overview";
  readonly Icon: ComponentType<IconProps>;
  readonly needs: Permission;
}

const PLACES: readonly Place[] = [
  { to: "/orders", name: "orders", Icon: OrdersIcon, needs: "OrdersListOrders" },
  { to: "/payments", name: "payments", Icon: PaymentsIcon, needs: "PaymentsListPayments" },
  { to: "/inventory", name: "inventory", Icon: InventoryIcon, needs: "InventoryListProducts" },
  { to: "/overview", name: "overview", Icon: OverviewIcon, needs: "OrdersGetOrderStatistics" },
];

const places = (can: Can) => PLACES.filter((place) => can(place.needs));

/** Beside the view: names where there is room for them, else pictures. */
export function SideNavigation() {
  const { frame } = useWords();
  const can = useCan();
  // The list of orders as it was left.
  const list = useStore(lastSearch);
  return (
    <div className="flex w-13 shrink-0 flex-col border-r border-line bg-sunken max-sm:hidden md:w-50">
      <div className="flex h-14 items-center gap-2.5 px-3.5 max-md:justify-center max-md:px-0">
        <Brand />
        <span className="truncate font-semibold tracking-[-0.01em] max-md:hidden">{frame.product}</span>
      </div>
      <nav aria-label={frame.navigation} className="flex flex-1 flex-col gap-0.5 px-2">
        {places(can).map(({ to, name, Icon }) => (
          <Link
            key={to}
            to={to}
            search={to === "/orders" ? list : {}}
            activeOptions={{ includeSearch: false }}
            title={frame[name]}
            className={cx(
              "flex h-8 items-center gap-2.5 rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink",
              "max-md:justify-center pointer-coarse:h-10",
            )}
            activeProps={{
              className: "bg-surface! text-ink! font-medium shadow-[inset_0_0_0_1px_var(--line)]",
            }}
          >
            <Icon className="shrink-0" />
            <span className="truncate max-md:sr-only">{frame[name]}</span>
          </Link>
        ))}
      </nav>
      <div className="flex flex-col gap-2 px-2 pb-3">
        <RoleSwitch />
        <div className="flex items-center justify-between gap-1 px-1.5 max-md:flex-col">
          <ConnectionDot />
          <Settings />
        </div>
      </div>
    </div>
  );
}

/** Below the view, for thumbs. */
export function BottomNavigation() {
  const { frame } = useWords();
  const can = useCan();
  // The list of orders as it was left.
  const list = useStore(lastSearch);
  return (
    <div className="flex items-stretch border-t border-line bg-sunken pb-[env(safe-area-inset-bottom)] sm:hidden">
      <nav aria-label={frame.navigation} className="flex min-w-0 flex-1">
        {places(can).map(({ to, name, Icon }) => (
          <Link
            key={to}
            to={to}
            search={to === "/orders" ? list : {}}
            activeOptions={{ includeSearch: false }}
            className="flex h-13 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 px-1 text-2xs text-ink-2"
            activeProps={{ className: "text-accent! font-semibold" }}
          >
            <Icon />
            <span className="max-w-full truncate">{frame[name]}</span>
          </Link>
        ))}
      </nav>
      <div className="flex items-center gap-1 border-l border-line px-2">
        <ConnectionDot />
        <Settings withRole />
      </div>
    </div>
  );
}

function Brand() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="7" fill="oklch(0.4 0.075 165)" />
      <path
        d="M7 22h7a4 4 0 0 0 4-4v-4a4 4 0 0 1 4-4h3"
        fill="none"
        stroke="#f4f1e8"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="8" cy="22" r="3.2" fill="#f4f1e8" />
      <circle cx="24.4" cy="10" r="3.2" fill="oklch(0.4 0.075 165)" stroke="#f4f1e8" strokeWidth="2.4" />
    </svg>
  );
}
