import { Link } from "@tanstack/react-router";
import { ChevronLeftIcon } from "~/ui/icons";

/** To the list, as it stood when it was left. */
export function BackLink({ to, search, label }: { to: string; search: object; label: string }) {
  return (
    <Link
      to={to}
      search={search as never}
      className="mb-1 -ml-1 inline-flex items-center gap-1 text-xs text-ink-2 hover:text-ink"
    >
      <ChevronLeftIcon width="13" height="13" />
      {label}
    </Link>
  );
}
