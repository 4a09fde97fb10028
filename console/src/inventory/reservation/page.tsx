import { getRouteApi } from "@tanstack/react-router";
import { ViewHead } from "~/app/frame";
import { OrderRef } from "~/domain/links";
import { lookOfReservation } from "~/domain/statuses";
import { timelineOf } from "~/domain/timeline";
import { type Reservation, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { millis } from "~/lib/time";
import { BackLink } from "~/ui/back-link";
import { StatusChip } from "~/ui/chip";
import { Detail, Details, Id, Moment, Section } from "~/ui/details";
import { TwoColumns } from "~/ui/layout";
import { Failure, Loading } from "~/ui/states";
import { Timeline } from "~/ui/timeline";
import { Countdown } from "../countdown";
import { lastReservations } from "../model/filters";
import { headOf } from "../model/timeline";
import { ReservationActions } from "./actions";
import { LinesTable, ShortagesTable } from "./lines";
import { useReservation } from "./use-reservation";

/** States in which it matters when the time is over, or was. */
const EXPIRES = new Set([ReservationStatus.PENDING, ReservationStatus.RESERVED, ReservationStatus.EXPIRED]);
const route = getRouteApi("/inventory/reservations/$reservationId");

export function ReservationPage() {
  const { reservationId } = route.useParams();
  return <ReservationView key={reservationId} reservationId={reservationId} />;
}

function ReservationView({ reservationId }: { reservationId: string }) {
  const { reservation, error, retry, refresh } = useReservation(reservationId);
  const { inventory, statuses } = useWords();
  const search = useStore(lastReservations);
  return (
    <>
      <ViewHead
        before={<BackLink to="/inventory/reservations" search={search} label={inventory.allReservations} />}
        title={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span>
              <span className="font-normal text-ink-2">{inventory.columns.reservation}</span>{" "}
              <Id value={reservationId} />
            </span>
            {reservation && <StatusChip look={lookOfReservation(statuses, reservation)} />}
          </span>
        }
        aside={reservation && <ReservationActions reservation={reservation} onDone={refresh} />}
      />
      {reservation ? (
        <ReservationBody reservation={reservation} />
      ) : error ? (
        <Failure error={error} onRetry={retry} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function ReservationBody({ reservation }: { reservation: Reservation }) {
  const words = useWords();
  const { inventory } = words;
  const { orderId, status, sagaKey, createTime, updateTime, expireTime, timeline } = reservation;
  return (
    <TwoColumns
      aside={
        <>
          <Section title={inventory.details}>
            <Details>
              <Detail name={inventory.columns.order}>
                <OrderRef id={orderId} />
              </Detail>
              <Detail name={inventory.madeBy}>{sagaKey ? inventory.byOrder : inventory.byHand}</Detail>
              {createTime && (
                <Detail name={inventory.columns.made}>
                  <Moment ms={millis(createTime)} />
                </Detail>
              )}
              {expireTime && EXPIRES.has(status) && (
                <Detail name={inventory.expires}>
                  <Moment ms={millis(expireTime)} />
                </Detail>
              )}
              {updateTime && (
                <Detail name={inventory.changed}>
                  <Moment ms={millis(updateTime)} />
                </Detail>
              )}
            </Details>
          </Section>
          <Section title={inventory.timeline}>
            <Timeline label={inventory.timeline} entries={timelineOf(timeline, words, headOf)} />
          </Section>
        </>
      }
    >
      <Situation reservation={reservation} />
      <LinesTable lines={reservation.lines} taken={status === ReservationStatus.COMMITTED} />
      {reservation.shortages.length > 0 && <ShortagesTable shortages={reservation.shortages} />}
    </TwoColumns>
  );
}

/** Where it stands, in a sentence and with its clock. */
function Situation({ reservation }: { reservation: Reservation }) {
  const { inventory } = useWords();
  const { expireTime, status, unwinding, reason } = reservation;
  // What has nothing to say takes no room.
  if (!(expireTime && status === ReservationStatus.RESERVED) && !unwinding && !reason) {
    return null;
  }
  return (
    <div>
      <p className="text-2xl empty:hidden">
        <Countdown reservation={reservation} large />
      </p>
      {unwinding && <p className="text-waiting">{inventory.unwinding}</p>}
      {reason && (
        <p className="max-w-prose text-ink-2" lang="en">
          {reason}
        </p>
      )}
    </div>
  );
}
