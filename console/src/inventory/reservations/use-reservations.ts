import { equals } from "@bufbuild/protobuf";
import { useClient } from "~/api/clients";
import { PAGE, useList } from "~/api/pages";
import {
  InventoryService,
  type Reservation,
  ReservationSchema,
  ReservationStatus,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { newestFirst } from "~/lib/pages";
import type { ListState } from "~/ui/list-body";
import type { ReservationSearch } from "../model/filters";

export const idOf = (reservation: Reservation) => reservation.reservationId;
const order = newestFirst(idOf, (a, b) => equals(ReservationSchema, a, b));

/** The reservations that the address describes. */
export function useReservations({ status, order: orderId = "" }: ReservationSearch): ListState<Reservation> {
  const client = useClient(InventoryService);
  return useList(
    ["reservations", status, orderId],
    async (pageToken, signal) => {
      const asked = status ? ReservationStatus[status] : ReservationStatus.UNSPECIFIED;
      const request = { orderId, status: asked, pageSize: PAGE, pageToken };
      const { reservations, nextPageToken } = await client.listReservations(request, { signal });
      return { rows: reservations, next: nextPageToken };
    },
    { id: idOf, order },
  );
}
