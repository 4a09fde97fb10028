import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ViewHead } from "~/app/frame";
import { reservationLook } from "~/domain/statuses";
import { ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { Button } from "~/ui/button";
import type { DataTableHandle } from "~/ui/data-table";
import { useKeys } from "~/ui/keys";
import { ListBody } from "~/ui/list-body";
import { Empty } from "~/ui/states";
import { StatusFilters } from "~/ui/status-filters";
import { lastReservations, type ReservationSearch, STATUS_NAMES } from "../model/filters";
import { InventoryTabs } from "../tabs";
import { NarrowReservation, useColumns } from "./columns";
import { idOf, useReservations } from "./use-reservations";

const route = getRouteApi("/inventory/reservations");
const RESERVATION = /^res_[0-9a-f]{32}$/;

export function ReservationsPage() {
  const { frame, inventory, statuses } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useColumns();
  const list = useReservations(search);
  const table = useRef<DataTableHandle>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  useEffect(() => lastReservations.set(search), [search]);
  useKeys({ "/": () => searchInput.current?.focus(), j: () => table.current?.focus() });

  const filter = (change: Partial<ReservationSearch>) => {
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
    table.current?.toTop();
  };
  const open = (reservationId: string) =>
    void navigate({ to: "/inventory/reservations/$reservationId", params: { reservationId } });
  const isFiltered = Boolean(search.status || search.order);

  return (
    <>
      <ViewHead title={frame.inventory} aside={<InventoryTabs />}>
        <StatusFilters
          ref={searchInput}
          words={{
            label: inventory.filters,
            search: inventory.searchReservations,
            status: inventory.columns.status,
          }}
          search={search}
          names={STATUS_NAMES}
          lookOf={(name) => reservationLook(statuses, ReservationStatus[name])}
          onChange={filter}
          isId={RESERVATION}
          onOpen={open}
        />
      </ViewHead>
      <ListBody
        ref={table}
        list={list}
        label={inventory.reservations}
        columns={columns}
        id={idOf}
        narrow={(reservation) => <NarrowReservation reservation={reservation} />}
        onOpen={({ reservationId }) => open(reservationId)}
        empty={
          <Empty title={isFiltered ? inventory.noReservationFits : inventory.noReservations}>
            {isFiltered ? (
              <Button className="mt-3" onClick={() => void navigate({ search: {}, replace: true })}>
                {inventory.showAll}
              </Button>
            ) : (
              inventory.noReservationsHelp
            )}
          </Empty>
        }
      />
    </>
  );
}
