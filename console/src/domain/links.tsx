import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "~/api/permissions";
import { shortId } from "~/lib/ids";

export const linkClass = "text-accent underline-offset-2 hover:underline";

/** Payments and reservations may be for orders of other systems; there is no page of those. */
const ORDER = /^ord_[0-9a-f]{32}$/;

function Short({ id }: { id: string }) {
  return <code className="tabular font-sans whitespace-nowrap">{shortId(id)}</code>;
}

export function OrderRef({ id }: { id: string }) {
  if (!ORDER.test(id)) {
    return <Short id={id} />;
  }
  return (
    <Link to="/orders/$orderId" params={{ orderId: id }} title={id} className={linkClass}>
      <Short id={id} />
    </Link>
  );
}

export function PaymentRef({ id }: { id: string }) {
  if (!useCan()("PaymentsGetPayment")) {
    return <Short id={id} />;
  }
  return (
    <Link to="/payments/$paymentId" params={{ paymentId: id }} title={id} className={linkClass}>
      <Short id={id} />
    </Link>
  );
}

export function ReservationRef({ id }: { id: string }) {
  if (!useCan()("InventoryGetReservation")) {
    return <Short id={id} />;
  }
  return (
    <Link
      to="/inventory/reservations/$reservationId"
      params={{ reservationId: id }}
      title={id}
      className={linkClass}
    >
      <Short id={id} />
    </Link>
  );
}

export function ProductRef({ id, children }: { id: string; children?: ReactNode }) {
  return (
    <Link to="/inventory/products/$productId" params={{ productId: id }} title={id} className={linkClass}>
      {children ?? <code className="tabular font-sans">{id}</code>}
    </Link>
  );
}

/** Whatever an audit names: an id of ours by its prefix, or a product at a location. */
export function EntityRef({ id }: { id: string }) {
  const product = /^([^@]+)@[^@]+$/.exec(id)?.[1];
  switch (id.slice(0, 4)) {
    case "ord_":
      return <OrderRef id={id} />;
    case "pay_":
      return <PaymentRef id={id} />;
    case "res_":
      return <ReservationRef id={id} />;
    default:
      return product ? (
        <ProductRef id={product}>
          <code className="tabular font-sans">{id}</code>
        </ProductRef>
      ) : (
        <Short id={id} />
      );
  }
}
