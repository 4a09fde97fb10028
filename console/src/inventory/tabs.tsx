import { Link } from "@tanstack/react-router";
import { useCan } from "~/api/permissions";
import { useWords } from "~/i18n";

const TAB =
  "inline-flex h-8 items-center border-b-2 border-transparent px-1 text-ink-2 hover:text-ink pointer-coarse:h-10";
const active = { className: "border-accent! text-ink! font-medium" };

/** The two lists of this area. Without a right to one there is nothing to choose. */
export function InventoryTabs() {
  const { inventory } = useWords();
  if (!useCan()("InventoryListReservations")) {
    return null;
  }
  return (
    <nav aria-label={inventory.tabs} className="flex gap-4">
      <Link
        to="/inventory"
        activeOptions={{ exact: true, includeSearch: false }}
        className={TAB}
        activeProps={active}
      >
        {inventory.products}
      </Link>
      <Link
        to="/inventory/reservations"
        activeOptions={{ exact: true, includeSearch: false }}
        className={TAB}
        activeProps={active}
      >
        {inventory.reservations}
      </Link>
    </nav>
  );
}
