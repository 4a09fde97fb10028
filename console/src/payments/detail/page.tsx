import { getRouteApi } from "@tanstack/react-router";
import { useCan } from "~/api/permissions";
import { ViewHead } from "~/app/frame";
import { OrderRef } from "~/domain/links";
import { methodWord, paymentLook } from "~/domain/statuses";
import { timelineOf } from "~/domain/timeline";
import type { Payment } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { millis } from "~/lib/time";
import { BackLink } from "~/ui/back-link";
import { StatusChip } from "~/ui/chip";
import { Detail, Details, Id, Moment, Section } from "~/ui/details";
import { TwoColumns } from "~/ui/layout";
import { Failure, Loading } from "~/ui/states";
import { Timeline } from "~/ui/timeline";
import { lastSearch } from "../model/filters";
import { headOf } from "../model/timeline";
import { PaymentActions } from "./actions";
import { AmountsPanel } from "./amounts";
import { AttemptsTable } from "./attempts";
import { LedgerTable } from "./ledger";
import { RefundsTable } from "./refunds";
import { usePayment } from "./use-payment";

const route = getRouteApi("/payments/$paymentId");

export function PaymentPage() {
  const { paymentId } = route.useParams();
  // Another payment is another page: nothing of the one before stays.
  return <PaymentView key={paymentId} paymentId={paymentId} />;
}

function PaymentView({ paymentId }: { paymentId: string }) {
  const { payment, error, retry, refresh } = usePayment(paymentId);
  const { payments, statuses } = useWords();
  const search = useStore(lastSearch);
  return (
    <>
      <ViewHead
        before={<BackLink to="/payments" search={search} label={payments.back} />}
        title={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span>
              <span className="font-normal text-ink-2">{payments.one}</span> <Id value={paymentId} />
            </span>
            {payment && <StatusChip look={paymentLook(statuses, payment.status)} />}
          </span>
        }
        aside={payment && <PaymentActions payment={payment} onDone={refresh} />}
      />
      {payment ? (
        <PaymentBody payment={payment} />
      ) : error ? (
        <Failure error={error} onRetry={retry} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function PaymentBody({ payment }: { payment: Payment }) {
  const words = useWords();
  const { payments, statuses } = words;
  const can = useCan();
  const { orderId, method, providerReference, sagaKey, createTime, completeTime, updateTime } = payment;
  return (
    <TwoColumns
      aside={
        <>
          <Section title={payments.details}>
            <Details>
              <Detail name={payments.order}>
                <OrderRef id={orderId} />
              </Detail>
              <Detail name={payments.method}>{methodWord(statuses, method)}</Detail>
              <Detail name={payments.reference}>
                {providerReference ? (
                  <Id value={providerReference} whole />
                ) : (
                  <span className="text-ink-3">{payments.noReference}</span>
                )}
              </Detail>
              <Detail name={payments.saga}>{sagaKey ? payments.byOrder : payments.byHand}</Detail>
              {createTime && (
                <Detail name={payments.made}>
                  <Moment ms={millis(createTime)} />
                </Detail>
              )}
              {completeTime && (
                <Detail name={payments.charged}>
                  <Moment ms={millis(completeTime)} />
                </Detail>
              )}
              {updateTime && (
                <Detail name={payments.changed}>
                  <Moment ms={millis(updateTime)} />
                </Detail>
              )}
            </Details>
          </Section>
          <Section title={payments.timeline}>
            <Timeline label={payments.timeline} entries={timelineOf(payment.timeline, words, headOf)} />
          </Section>
        </>
      }
    >
      <AmountsPanel payment={payment} />
      <AttemptsTable events={payment.timeline} />
      <RefundsTable paymentId={payment.paymentId} />
      {can("PaymentsListLedgerEntries") && <LedgerTable paymentId={payment.paymentId} />}
    </TwoColumns>
  );
}
