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
          <Head>{words.booking}</Head>
          <Head>{words.account}</Head>
          <Head end>{words.debit}</Head>
          <Head end>{words.credit}</Head>
        </tr>
      </thead>
      <tbody>
        {ledger.rows.map(({ key, begins, refundId, account, debit, credit, at }) => (
          <tr key={key} className={cx(begins && "border-t border-line/70 first:border-t-0")}>
            <Cell className="whitespace-nowrap">
              {begins && (
                <span title={refundId || undefined}>
                  {refundId ? words.refund : words.capture}{" "}
                  <Moment ms={at} className="ml-1 text-xs text-ink-3" />
                </span>
              )}
            </Cell>
            <Cell>{words.accounts[LedgerAccount[account] as keyof typeof words.accounts]}</Cell>
            <Side money={debit} />
            <Side money={credit} />
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t border-line font-medium">
          <Cell colSpan={2}>{words.total}</Cell>
          <Side money={ledger.debits} />
          <Side money={ledger.credits} />
        </tr>
      </tfoot>
    </Plain>
  );
}

function Side({ money }: { money: Money | undefined }) {
  return <Cell end>{money && <Amount money={money} />}</Cell>;
}
