import { useInfiniteQuery } from "@connectrpc/connect-query";
import { Fragment } from "react";
import { refundLook } from "~/domain/statuses";
import { PaymentService, type Refund } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { fromWire } from "~/lib/money";
import { millis } from "~/lib/time";
import { Button } from "~/ui/button";
import { StatusChip } from "~/ui/chip";
import { Amount, Id, Moment, Section } from "~/ui/details";
import { Cell, Head, Plain } from "~/ui/layout";
import { Failure, Loading } from "~/ui/states";

/** What for, and what it is called. */
function Why({ refund: { reason, refundId, attempts } }: { refund: Refund }) {
  const {
    payments: { refunds: words },
  } = useWords();
  return (
    <>
      {reason}
      <div className="text-ink-3">
        <Id value={refundId} />
        {attempts > 1 && <span className="ml-1 text-xs text-waiting">{words.attempts(attempts)}</span>}
      </div>
    </>
  );
}

export function RefundsTable({ paymentId }: { paymentId: string }) {
  const {
    payments: { refunds: words },
    statuses,
  } = useWords();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    PaymentService.method.listRefunds,
    { paymentId, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const refunds = data?.pages.flatMap((page) => page.refunds);
  return (
    <Section title={words.title}>
      {!refunds ? (
        error ? (
          <Failure inline error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading rows={2} />
        )
      ) : refunds.length === 0 ? (
        <p className="text-ink-3">{words.none}</p>
      ) : (
        <>
          <Plain label={words.title}>
            <thead>
              <tr>
                <Head>{words.status}</Head>
                <Head className="max-sm:hidden">{words.reason}</Head>
                <Head end>{words.amount}</Head>
                <Head end>{words.made}</Head>
              </tr>
            </thead>
            <tbody>
              {refunds.map((refund) => {
                const amount = fromWire(refund.amount);
                return (
                  <Fragment key={refund.refundId}>
                    <tr className="border-t border-line/70 first:border-t-0">
                      <Cell>
                        <StatusChip plain look={refundLook(statuses, refund.status)} />
                      </Cell>
                      <Cell className="max-sm:hidden">
                        <Why refund={refund} />
                      </Cell>
                      <Cell end>{amount && <Amount money={amount} />}</Cell>
                      <Cell end className="text-ink-2">
                        {refund.createTime && <Moment ms={millis(refund.createTime)} />}
                      </Cell>
                    </tr>
                    {/* Beside the amount a reason would be a column of single words. */}
                    <tr className="sm:hidden">
                      <Cell colSpan={3} className="pt-0!">
                        <Why refund={refund} />
                      </Cell>
                    </tr>
                  </Fragment>
                );
              })}
            </tbody>
          </Plain>
          {hasNextPage && (
            <Button size="sm" className="mt-2" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {words.more}
            </Button>
          )}
        </>
      )}
    </Section>
  );
}
