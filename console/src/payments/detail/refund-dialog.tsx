import { useState } from "react";
import type { UseAction } from "~/api/use-action";
import type { CreateRefundRequestSchema, Payment } from "~/gen/oms/payments/v1/payments_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatMoney, formatNumber, type Money, money, toWire } from "~/lib/money";
import { ActionDialog } from "~/ui/action-dialog";
import { Button } from "~/ui/button";
import { Field, Input } from "~/ui/field";
import { Radios } from "~/ui/radios";
import { ReasonField } from "~/ui/reason-field";
import { amountsOf, parseRefund, type RefundFault, refundableOf } from "../model/refunds";

/** What somebody typed of a refund. */
export interface RefundDraft {
  readonly isPart: boolean;
  readonly text: string;
  readonly reason: string;
}

export const NO_REFUND: RefundDraft = { isPart: false, text: "", reason: "" };

/** Gives back all of the rest, or a part. What is sent is always the amount that the person saw. */
export function RefundDialog({
  payment,
  action,
  draft,
  onDraft,
  onClose,
}: {
  payment: Payment;
  draft: RefundDraft;
  onDraft: (draft: RefundDraft) => void;
  action: UseAction<typeof CreateRefundRequestSchema>;
  onClose: () => void;
}) {
  const { payments, money: moneyWords } = useWords();
  const words = payments.refund;
  const language = useLanguage();
  const { isPart, text, reason } = draft;
  const [tried, setTried] = useState(false);
  const rest = amountsOf(payment)?.rest ?? money("", 0n);

  const parsed = isPart ? parseRefund(text, rest, language) : { money: rest };
  const amount = "money" in parsed ? parsed.money : undefined;
  const fault = "fault" in parsed ? parsed.fault : undefined;
  const shown = (value: Money) => formatMoney(value, language);
  const inWords = (found: RefundFault) =>
    found === "not-above-zero" || found === "exceeds-rest" ? words.faults[found] : moneyWords.faults[found];
  const faults = [
    // Nobody has done anything wrong before they typed something.
    ...(fault && (tried || (text !== "" && fault === "exceeds-rest")) ? [inWords(fault)] : []),
    ...(action.refusal?.violations ?? [])
      .filter(({ field }) => field.startsWith("amount"))
      .map(({ description }) => description),
  ];
  const refundable = action.refusal && refundableOf(action.refusal);

  return (
    <ActionDialog
      title={words.title}
      action={action}
      go={amount ? words.go(shown(amount)) : words.action}
      what={words.action}
      disabled={!isPart && rest.nanos <= 0n}
      explain={
        refundable && (
          <span className="flex flex-wrap items-center gap-2">
            {words.refundable(shown(refundable))}
            {refundable.nanos > 0n && (
              <Button
                size="sm"
                onClick={() => {
                  onDraft({ ...draft, isPart: true, text: formatNumber(refundable, language) });
                  action.clear();
                }}
              >
                {words.useRest}
              </Button>
            )}
          </span>
        )
      }
      onGo={() => {
        setTried(true);
        if (amount) {
          action.run({ paymentId: payment.paymentId, amount: toWire(amount), reason: reason.trim() });
        }
      }}
      onClose={onClose}
    >
      <Radios
        legend={words.how}
        value={isPart ? "part" : "whole"}
        onChange={(how) => onDraft({ ...draft, isPart: how === "part" })}
        choices={[
          { value: "whole", label: words.whole(shown(rest)) },
          { value: "part", label: words.part },
        ]}
      />
      {isPart && (
        <Field
          label={words.amount(rest.currency)}
          faults={faults}
          help={words.atMost(shown(rest))}
          required
          className="mt-3"
        >
          {(wiring) => (
            <Input
              {...wiring}
              autoFocus
              inputMode="decimal"
              value={text}
              onChange={(event) => onDraft({ ...draft, text: event.target.value })}
              onBlur={() => setTried(text !== "")}
              className="tabular max-w-48 text-right"
            />
          )}
        </Field>
      )}
      <div className="mt-3">
        <ReasonField
          value={reason}
          onChange={(next) => onDraft({ ...draft, reason: next })}
          refusal={action.refusal}
          help={words.reasonHelp}
        />
      </div>
    </ActionDialog>
  );
}
