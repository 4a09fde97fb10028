import { useMemo } from "react";
import { OrderRef } from "~/domain/links";
import { lookOfReservation } from "~/domain/statuses";
import type { Reservation } from "~/gen/oms/inventory/v1/inventory_pb";
import { type Dictionary, useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { millis } from "~/lib/time";
import { StatusChip } from "~/ui/chip";
import type { Column } from "~/ui/data-table";
import { Moment } from "~/ui/details";
import { Countdown } from "../countdown";
import { Pieces } from "../pieces";

export function useColumns(): readonly Column<Reservation>[] {
  const { inventory, statuses } = useWords();
  return useMemo(
    (): Column<Reservation>[] => [
      {
        id: "status",
        header: inventory.columns.status,
        width: "minmax(9.5rem, 1fr)",
        cell: (reservation) => <StatusChip plain look={lookOfReservation(statuses, reservation)} />,
      },
      {
        id: "left",
        header: inventory.columns.left,
        width: "minmax(7rem, 0.8fr)",
        cell: (reservation) => <Countdown reservation={reservation} />,
      },
      {
        id: "reservation",
        header: inventory.columns.reservation,
        width: "minmax(8.5rem, 1fr)",
        cell: ({ reservationId }) => (
          <code className="tabular font-sans" title={reservationId}>
            {shortId(reservationId)}
          </code>
        ),
      },
      {
        id: "order",
        header: inventory.columns.order,
        width: "minmax(8.5rem, 1fr)",
        cell: ({ orderId }) => <OrderRef id={orderId} />,
      },
      {
        id: "lines",
        header: inventory.columns.pieces,
        width: "minmax(9rem, 1.4fr)",
        from: 780,
        cell: (reservation) => <Contents of={reservation} inventory={inventory} />,
      },
      {
        id: "made",
        header: inventory.columns.made,
        width: "6.5rem",
        end: true,
        cell: ({ createTime }) => createTime && <Moment ms={millis(createTime)} className="text-ink-2" />,
      },
    ],
    [inventory, statuses],
  );
}

/** What it is of, in short. */
function Contents({ of, inventory }: { of: Reservation; inventory: Dictionary["inventory"] }) {
  const [first, ...others] = of.lines.length > 0 ? of.lines : of.shortages;
  if (!first) {
    return null;
  }
  const pieces = "quantity" in first ? first.quantity : first.requested;
  return (
    <span className="text-ink-2">
      <Pieces n={pieces} /> × <code className="tabular font-sans">{first.productId}</code>
      {others.length > 0 && ` ${inventory.andMore(others.length)}`}
    </span>
  );
}

export function NarrowReservation({ reservation }: { reservation: Reservation }) {
  const { inventory, statuses } = useWords();
  return (
    <div className="space-y-0.5">
      <div className="flex items-baseline justify-between gap-3">
        <StatusChip plain look={lookOfReservation(statuses, reservation)} />
        <Countdown reservation={reservation} />
      </div>
      <div className="flex items-baseline justify-between gap-3 text-xs text-ink-3">
        <code className="tabular font-sans">{shortId(reservation.reservationId)}</code>
        <span className="min-w-0 flex-1 truncate text-right">
          <Contents of={reservation} inventory={inventory} />
        </span>
        {reservation.createTime && <Moment ms={millis(reservation.createTime)} />}
      </div>
    </div>
  );
}
