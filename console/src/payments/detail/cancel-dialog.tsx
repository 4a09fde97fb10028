import type { UseAction } from "~/api/use-action";
import type { CancelPaymentRequestSchema } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { ActionDialog } from "~/ui/action-dialog";
import { ReasonField } from "~/ui/reason-field";

export function CancelDialog({
  paymentId,
  action,
  reason,
  onReason,
  onClose,
}: {
  paymentId: string;
  action: UseAction<typeof CancelPaymentRequestSchema>;
  reason: string;
  onReason: (reason: string) => void;
  onClose: () => void;
}) {
  const {
    payments: { cancel: words },
  } = useWords();
  return (
    <ActionDialog
      title={words.title}
      action={action}
      kind="danger"
      go={words.action}
      keep={words.keep}
      onGo={() => action.run({ paymentId, reason: reason.trim() })}
      onClose={onClose}
    >
      <p className="mb-3 text-ink-2">{words.help}</p>
      <ReasonField value={reason} onChange={onReason} refusal={action.refusal} />
    </ActionDialog>
  );
}
