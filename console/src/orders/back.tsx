import { Link } from "@tanstack/react-router";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { ChevronLeftIcon } from "~/ui/icons";
import { lastSearch } from "./model/last";

/** To the list, as it was left. */
export function BackToList() {
  const { orders } = useWords();
  const search = useStore(lastSearch);
  return (
    <Link
      to="/orders"
      search={search}
      className="-ml-1.5 inline-flex h-7 items-center gap-1 rounded-md px-1.5 text-ink-2 hover:bg-hover hover:text-ink"
    >
      <ChevronLeftIcon width="14" height="14" />
      {orders.title}
    </Link>
  );
}
