import { useMemo } from "react";
import { OrderRef } from "~/domain/links";
import { methodWord, paymentLook } from "~/domain/statuses";
import type { Payment } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { fromWire } from "~/lib/money";
import { millis } from "~/lib/time";
import { StatusChip } from "~/ui/chip";
import type { Column } from "~/ui/data-table";
import { Amount, Moment } from "~/ui/details";

export function useColumns(): readonly Column<Payment>[] {
  const { payments, statuses } = useWords();
  return useMemo(
    (): Column<Payment>[] => [
      {
        id: "status",
        header: payments.columns.status,
        width: "minmax(9.5rem, 1fr)",
        cell: (payment) => <StatusChip plain look={paymentLook(statuses, payment.status)} />,
      },
      {
        id: "payment",
        header: payments.columns.payment,
        width: "minmax(8.5rem, 1fr)",
        cell: ({ paymentId }) => (
          <code className="tabular font-sans" title={paymentId}>
            {shortId(paymentId)}
          </code>
        ),
      },
      {
        id: "order",
        header: payments.columns.order,
        width: "minmax(8.5rem, 1fr)",
        cell: ({ orderId }) => <OrderRef id={orderId} />,
      },
      {
        id: "method",
        header: payments.columns.method,
        width: "minmax(7rem, 1fr)",
        from: 760,
        cell: ({ method }) => methodWord(statuses, method),
      },
      {
        id: "attempts",
        header: payments.columns.attempts,
        width: "4.5rem",
        from: 1080,
        end: true,
        cell: ({ attempts }) => (
          <span className={attempts > 1 ? "tabular text-waiting" : "tabular text-ink-3"}>{attempts}</span>
        ),
      },
      {
        id: "amount",
        header: payments.columns.amount,
        width: "minmax(8rem, 1fr)",
        end: true,
        cell: (payment) => <Money of={payment.amount} />,
      },
      {
        id: "refunded",
        header: payments.columns.refunded,
        width: "minmax(7.5rem, 1fr)",
        end: true,
        from: 860,
        cell: ({ refundedAmount }) => <Money of={refundedAmount} quiet />,
      },
      {
        id: "made",
        header: payments.columns.made,
        width: "6.5rem",
        end: true,
        cell: ({ createTime }) => createTime && <Moment ms={millis(createTime)} className="text-ink-2" />,
      },
    ],
    [payments, statuses],
  );
}

function Money({ of, quiet }: { of: Payment["amount"]; quiet?: boolean }) {
  const amount = fromWire(of);
  // Nothing refunded is the usual case, and no column of zeros to read through.
  if (!amount || (quiet && amount.nanos === 0n)) {
    return quiet ? <span className="text-ink-3">–</span> : null;
  }
  return <Amount money={amount} />;
}

export function NarrowPayment({ payment }: { payment: Payment }) {
  const { statuses } = useWords();
  return (
    <div className="space-y-0.5">
      <div className="flex items-baseline justify-between gap-3">
        <StatusChip plain look={paymentLook(statuses, payment.status)} />
        <Money of={payment.amount} />
      </div>
      <div className="flex items-baseline justify-between gap-3 text-ink-3">
        <span className="min-w-0 truncate">
          <code className="tabular font-sans">{shortId(payment.paymentId)}</code>
        </span>
        <span className="truncate text-xs">{methodWord(statuses, payment.method)}</span>
        {payment.createTime && <Moment ms={millis(payment.createTime)} className="text-xs" />}
      </div>
    </div>
  );
}
