import type { ConnectError } from "@connectrpc/connect";
import { createConnectQueryKey, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useClient } from "~/api/clients";
import { useHeard } from "~/api/heard";
import { InventoryService, type Reservation } from "~/gen/oms/inventory/v1/inventory_pb";
import { withEvents } from "~/lib/events";

export interface LiveReservation {
  readonly reservation: Reservation | undefined;
  readonly error: ConnectError | null;
  readonly retry: () => void;
  readonly refresh: () => void;
}

/** A reservation as it is now: its events are heard, and what they do not say is asked for after them. */
export function useReservation(reservationId: string): LiveReservation {
  const client = useClient(InventoryService);
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(InventoryService.method.getReservation, { reservationId });

  const refresh = useCallback(() => {
    const schema = InventoryService.method.getReservation;
    const queryKey = createConnectQueryKey({ schema, input: { reservationId }, cardinality: "finite" });
    void queries.invalidateQueries({ queryKey });
  }, [queries, reservationId]);

  const known = data?.reservation;
  const heard = useHeard(
    known && reservationId,
    known?.sequence,
    (afterSequence, signal, onHeader) =>
      client.watchReservation({ reservationId, afterSequence }, { signal, onHeader, timeoutMs: 0 }),
    refresh,
  );

  return { reservation: known && withEvents(known, heard), error, retry: () => void refetch(), refresh };
}
