import type { Payment } from "~/gen/oms/payments/v1/payments_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatNumber, type Money } from "~/lib/money";
import { cx } from "~/ui/classes";
import { amountsOf, isCharged } from "../model/refunds";

/** What was charged, what went back of it, and what can go back still. */
export function AmountsPanel({ payment }: { payment: Payment }) {
  const { payments } = useWords();
  const amounts = amountsOf(payment);
  if (!amounts) {
    return null;
  }
  const { amount, refunded, rest } = amounts;
  const charged = isCharged(payment.status);
  return (
    <div>
      <dl className="flex flex-wrap gap-x-9 gap-y-3">
        <Figure name={charged ? payments.amount : payments.asked} money={amount} strong />
        {charged && <Figure name={payments.refunded} money={refunded} dot="bg-todo" />}
        {charged && <Figure name={payments.rest} money={rest} dot="bg-accent" />}
      </dl>
      {payment.reason && (
        <p className="mt-2.5 max-w-prose text-ink-2" lang="en">
          {payment.reason}
        </p>
      )}
      {charged && <Split part={refunded} whole={amount} />}
    </div>
  );
}

function Figure({
  name,
  money,
  strong,
  dot,
}: {
  name: string;
  money: Money;
  strong?: boolean;
  dot?: string;
}) {
  const language = useLanguage();
  return (
    <div>
      <dt className="flex items-center gap-1.5 text-xs text-ink-3">
        {dot && <span aria-hidden="true" className={cx("size-2 rounded-full", dot)} />}
        {name}
      </dt>
      <dd className={cx("tabular whitespace-nowrap", strong ? "text-2xl font-semibold" : "text-2xl")}>
        {formatNumber(money, language)}
        <span className="ml-1.5 text-sm font-normal text-ink-3">{money.currency}</span>
      </dd>
    </div>
  );
}

/** The same as a picture. */
function Split({ part, whole }: { part: Money; whole: Money }) {
  // In thousandths, exact enough for a bar.
  const share = whole.nanos === 0n ? 0 : Number((part.nanos * 1_000n) / whole.nanos) / 10;
  return (
    <div aria-hidden="true" className="mt-3 flex h-2 gap-0.5 overflow-hidden rounded-full">
      {share > 0 && <div className="min-w-1 bg-todo" style={{ flexBasis: `${share}%` }} />}
      {share < 100 && <div className="flex-1 bg-accent/75" />}
    </div>
  );
}
