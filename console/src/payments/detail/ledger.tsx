import { useQuery } from "@connectrpc/connect-query";
import { LedgerAccount, PaymentService } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import type { Money } from "~/lib/money";
import { cx } from "~/ui/classes";
import { Amount, Moment, Section } from "~/ui/details";
import { CheckIcon, WarnIcon } from "~/ui/icons";
import { Cell, Head, Plain } from "~/ui/layout";
import { Failure, Loading } from "~/ui/states";
import { type Ledger, ledgerOf } from "../model/ledger";

export function LedgerTable({ paymentId }: { paymentId: string }) {
  const {
    payments: { ledger: words },
  } = useWords();
  const { data, error, refetch } = useQuery(PaymentService.method.listLedgerEntries, { paymentId });
  const ledger = data && ledgerOf(data.entries);
  return (
    <Section title={words.title} aside={ledger && <Balance balanced={ledger.balanced} />}>
      {ledger ? (
        <Books ledger={ledger} />
      ) : data ? (
        <p className="text-ink-3">{words.none}</p>
      ) : error ? (
        <Failure inline error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={3} />
      )}
    </Section>
  );
}

/** An audit of one: whoever looks at the books sees at once whether they add up. */
function Balance({ balanced }: { balanced: boolean }) {
  const {
    payments: { ledger: words },
  } = useWords();
  return (
    <span
      className={cx("flex items-center gap-1.5 text-xs", balanced ? "text-good" : "font-medium text-bad")}
    >
      {balanced ? <CheckIcon /> : <WarnIcon />}
      {balanced ? words.balanced : words.unbalanced}
    </span>
  );
}

function Books({ ledger }: { ledger: Ledger }) {
  const {
    payments: { ledger: words },
  } = useWords();
  return (
    <Plain label={words.title}>
      <thead>
        <tr>
          <Head className="max-sm:hidden">{words.booking}</Head>
          <Head>{words.account}</Head>
          <Head end>
            {words.debit} <Currency of={ledger.debits} />
          </Head>
          <Head end>
            {words.credit} <Currency of={ledger.credits} />
          </Head>
        </tr>
      </thead>
      <tbody>
        {ledger.rows.map(({ key, begins, refundId, account, debit, credit, at }) => (
          <tr key={key} className={cx(begins && "border-t border-line/70 first:border-t-0")}>
            <Cell className="whitespace-nowrap max-sm:hidden">
              {begins && <Booking refundId={refundId} at={at} />}
            </Cell>
            <Cell>
              {begins && (
                <div className="text-xs text-ink-3 sm:hidden">
                  <Booking refundId={refundId} at={at} />
                </div>
              )}
              {words.accounts[LedgerAccount[account] as keyof typeof words.accounts]}
            </Cell>
            <Side money={debit} />
            <Side money={credit} />
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t border-line font-medium">
          <Cell>{words.total}</Cell>
          <Cell className="max-sm:hidden" />
          <Side money={ledger.debits} />
          <Side money={ledger.credits} />
        </tr>
      </tfoot>
    </Plain>
  );
}

function Booking({ refundId, at }: { refundId: string; at: number }) {
  const {
    payments: { ledger: words },
  } = useWords();
  return (
    <span title={refundId || undefined}>
      {refundId ? words.refund : words.capture} <Moment ms={at} className="ml-1 text-xs text-ink-3" />
    </span>
  );
}

/** On a phone said once in the head: beside every amount it would push the credits off the page. */
function Currency({ of }: { of: Money }) {
  return <span className="sm:hidden">({of.currency})</span>;
}

function Side({ money }: { money: Money | undefined }) {
  return (
    <Cell end className="align-bottom!">
      {money && <Amount money={money} className="max-sm:[&_span]:hidden" />}
    </Cell>
  );
}
