import { useState } from "react";
import { useClient } from "~/api/clients";
import { useCan } from "~/api/permissions";
import { useAction } from "~/api/use-action";
import {
  CancelPaymentRequestSchema,
  CreateRefundRequestSchema,
  type Payment,
  PaymentService,
} from "~/gen/oms/payments/v1/payments_pb";
import { useLanguage, useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { formatMoney, fromWire } from "~/lib/money";
import { ActionFault } from "~/ui/action-fault";
import { Button } from "~/ui/button";
import { useKeys } from "~/ui/keys";
import { toast } from "~/ui/toast";
import { isCancellable, isRefundable } from "../model/refunds";
import { CancelDialog } from "./cancel-dialog";
import { NO_REFUND, RefundDialog } from "./refund-dialog";

/** What the state of the payment and the person's role allow, and nothing else. */
export function PaymentActions({ payment, onDone }: { payment: Payment; onDone: () => void }) {
  const { payments } = useWords();
  const language = useLanguage();
  const can = useCan();
  const client = useClient(PaymentService);
  const [asking, setAsking] = useState<"refund" | "cancel">();
  const { paymentId } = payment;
  const [draft, setDraft, forgetDraft] = useDraft(`refund/${paymentId}`, NO_REFUND);
  const [reason, setReason, forgetReason] = useDraft(`cancel/${paymentId}`, "");
  const done = (words: string) => {
    setAsking(undefined);
    toast("good", words);
    onDone();
  };

  const refund = useAction({
    scope: `refund/${paymentId}`,
    schema: CreateRefundRequestSchema,
    send: (request) => client.createRefund(request),
    onDone: (reply) => {
      const amount = fromWire(reply.refund?.amount);
      forgetDraft();
      done(payments.refund.done(amount ? formatMoney(amount, language) : ""));
    },
  });
  const cancel = useAction({
    scope: `cancel/${paymentId}`,
    schema: CancelPaymentRequestSchema,
    send: (request) => client.cancelPayment(request),
    onDone: () => {
      forgetReason();
      done(payments.cancel.done);
    },
  });

  const mayRefund = can("PaymentsCreateRefund") && isRefundable(payment);
  const mayCancel = can("PaymentsCancelPayment") && isCancellable(payment);
  useKeys(mayRefund ? { f: () => setAsking("refund") } : {});
  const close = () => {
    setAsking(undefined);
    refund.clear();
    cancel.clear();
  };

  return (
    <>
      {mayCancel && (
        <Button kind="danger" busy={cancel.running} onClick={() => setAsking("cancel")}>
          {payments.cancel.action}
        </Button>
      )}
      {mayRefund && (
        <Button kind="primary" hint="F" busy={refund.running} onClick={() => setAsking("refund")}>
          {payments.refund.action}
        </Button>
      )}
      {[
        { action: refund, what: payments.refund.action },
        { action: cancel, what: payments.cancel.action },
      ].map(
        ({ action, what }) =>
          !asking && (
            <div key={what} className="basis-full empty:hidden">
              <ActionFault what={what} outcome={action} />
            </div>
          ),
      )}
      {asking === "refund" && (
        <RefundDialog payment={payment} action={refund} draft={draft} onDraft={setDraft} onClose={close} />
      )}
      {asking === "cancel" && (
        <CancelDialog
          paymentId={paymentId}
          action={cancel}
          reason={reason}
          onReason={setReason}
          onClose={close}
        />
      )}
    </>
  );
}
