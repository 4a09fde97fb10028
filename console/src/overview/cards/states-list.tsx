import { Link } from "@tanstack/react-router";
import type { StatusLook } from "~/ui/chip";
import { StatusChip } from "~/ui/chip";
import { Count } from "./orders-now";

export interface StateCount {
  readonly name: string;
  readonly look: StatusLook;
  readonly count: bigint;
}

/** How many stand where; each leads to them, for those who may see them. */
export function StatesList({
  to,
  states,
}: {
  to: "/payments" | "/inventory/reservations" | undefined;
  states: readonly StateCount[];
}) {
  return (
    <ul className="-mx-2">
      {states.map(({ name, look, count }) => {
        const row = (
          <>
            <StatusChip plain look={look} />
            <Count n={count} className="font-medium" />
          </>
        );
        const place = "flex items-center justify-between gap-3 rounded-md px-2 py-1";
        return (
          <li key={name}>
            {to ? (
              <Link to={to} search={{ status: name } as never} className={`${place} hover:bg-hover`}>
                {row}
              </Link>
            ) : (
              <div className={place}>{row}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
