import { useQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "~/api/permissions";
import { sessionState } from "~/api/session";
import { lookOfReservation, methodWord, paymentLook } from "~/domain/statuses";
import { InventoryService } from "~/gen/oms/inventory/v1/inventory_pb";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { PaymentService } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { fromWire } from "~/lib/money";
import { refusalOf } from "~/lib/refusal";
import { useStore } from "~/lib/store";
import { millis } from "~/lib/time";
import { StatusChip } from "~/ui/chip";
import { Amount, Detail, Details, Id, Moment, OutLink } from "~/ui/details";
import { RefusalText } from "~/ui/states";

/** What else there is to know: who ordered, what pays, what is held, where the parcel is. */
export function Facts({ order }: { order: Order }) {
  const { orders, statuses } = useWords();
  const words = orders.facts;
  return (
    <div className="space-y-5">
      <Card title={words.order}>
        <Details>
          <Detail name={orders.customer}>
            {order.customerId ? (
              <Link
                to="/orders"
                search={{ customer: order.customerId }}
                className="text-accent underline-offset-2 hover:underline"
              >
                {order.customerId}
              </Link>
            ) : (
              <span className="text-ink-3 italic">{orders.erased}</span>
            )}
          </Detail>
          <Detail name={words.made}>{order.createTime && <Moment ms={millis(order.createTime)} />}</Detail>
          <Detail name={words.changed}>{order.updateTime && <Moment ms={millis(order.updateTime)} />}</Detail>
          <Detail name={words.method}>{methodWord(statuses, order.paymentMethod)}</Detail>
        </Details>
      </Card>
      {order.paymentId && <Payment paymentId={order.paymentId} />}
      {order.reservationId && <Reservation reservationId={order.reservationId} />}
      {order.trackingNumber && (
        <Card title={words.parcel}>
          <Details>
            <Detail name={orders.actions.carrier}>{order.carrier}</Detail>
            <Detail name={orders.actions.tracking}>
              <Id value={order.trackingNumber} whole />
            </Detail>
          </Details>
        </Card>
      )}
      <Links order={order} />
    </div>
  );
}

function Card({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="border-t border-line pt-3 first:border-0 first:pt-0">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A view of another part of the console. */
function ViewLink({ path, children }: { path: string; children: ReactNode }) {
  return (
    <Link to={path as "/"} className="text-accent underline-offset-2 hover:underline">
      {children}
    </Link>
  );
}

function Payment({ paymentId }: { paymentId: string }) {
  const { orders, statuses } = useWords();
  const words = orders.facts;
  const can = useCan();
  const allowed = can("PaymentsGetPayment");
  const { data, error } = useQuery(PaymentService.method.getPayment, { paymentId }, { enabled: allowed });
  const payment = data?.payment;
  const amount = fromWire(payment?.amount);
  const refunded = fromWire(payment?.refundedAmount);
  return (
    <Card
      title={words.payment}
      aside={payment && <StatusChip look={paymentLook(statuses, payment.status)} />}
    >
      <Details>
        <Detail name={words.id}>
          <Id value={paymentId} />
        </Detail>
        {amount && (
          <Detail name={words.amount}>
            <Amount money={amount} />
          </Detail>
        )}
        {refunded && refunded.nanos !== 0n && (
          <Detail name={words.refunded}>
            <Amount money={refunded} />
          </Detail>
        )}
        {payment && <Detail name={words.attempts}>{payment.attempts}</Detail>}
      </Details>
      {error && <Quiet error={error} />}
      {allowed && (
        <p className="mt-2">
          <ViewLink path={`/payments/${paymentId}`}>{words.openPayment}</ViewLink>
        </p>
      )}
    </Card>
  );
}

function Reservation({ reservationId }: { reservationId: string }) {
  const { orders, statuses } = useWords();
  const words = orders.facts;
  const can = useCan();
  const allowed = can("InventoryGetReservation");
  const { data, error } = useQuery(
    InventoryService.method.getReservation,
    { reservationId },
    { enabled: allowed },
  );
  const reservation = data?.reservation;
  const locations = [...new Set(reservation?.lines.map((line) => line.location))];
  return (
    <Card
      title={words.reservation}
      aside={reservation && <StatusChip look={lookOfReservation(statuses, reservation)} />}
    >
      <Details>
        <Detail name={words.id}>
          <Id value={reservationId} />
        </Detail>
        {locations.length > 0 && <Detail name={words.locations}>{locations.join(", ")}</Detail>}
      </Details>
      {error && <Quiet error={error} />}
      {allowed && (
        <p className="mt-2">
          <ViewLink path={`/inventory/reservations/${reservationId}`}>{words.openReservation}</ViewLink>
        </p>
      )}
    </Card>
  );
}

/** Another service is away; the order itself is there. */
function Quiet({ error }: { error: unknown }) {
  return (
    <div className="mt-2 rounded-md bg-sunken px-3 py-2 text-xs">
      <RefusalText refusal={refusalOf(error)} />
    </div>
  );
}

function Links({ order }: { order: Order }) {
  const { orders } = useWords();
  const state = useStore(sessionState);
  if (state.kind !== "ready") {
    return null;
  }
  const { workflow, trace } = state.session.links;
  const fill = (address: string, name: string, id: string) =>
    address.replace(`{${name}}`, encodeURIComponent(id));
  const hasTrace = trace !== "" && order.traceId !== "";
  if (!workflow && !hasTrace) {
    return null;
  }
  return (
    <Card title={orders.facts.elsewhere}>
      <p className="flex flex-wrap gap-x-4 gap-y-1">
        {/* The workflow that drives an order has the order's id. */}
        {workflow && (
          <OutLink href={fill(workflow, "workflow_id", order.orderId)}>{orders.facts.workflow}</OutLink>
        )}
        {hasTrace && <OutLink href={fill(trace, "trace_id", order.traceId)}>{orders.facts.trace}</OutLink>}
      </p>
    </Card>
  );
}
