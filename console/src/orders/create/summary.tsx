import { methodWord } from "~/domain/order";
import { PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { CURRENCIES, USUAL } from "~/lib/currencies";
import { formatNumber, type Money } from "~/lib/money";
import { ActionFault } from "~/ui/action-fault";
import { Button, Key } from "~/ui/button";
import { Field, Input, Select } from "~/ui/field";
import type { Draft } from "./draft";
import type { useSubmit } from "./submit";

const METHODS = [
  PaymentMethod.CREDIT_CARD,
  PaymentMethod.BANK_TRANSFER,
  PaymentMethod.E_WALLET,
  PaymentMethod.CASH,
  PaymentMethod.UNSPECIFIED,
];

/** Beside the lines: what it comes to, how it is paid, and what came of sending it. */
export function Summary({
  draft,
  setDraft,
  token,
  setToken,
  total,
  faultsOf,
  submit,
  onClear,
}: {
  draft: Draft;
  setDraft: (change: (before: Draft) => Draft) => void;
  token: string;
  setToken: (token: string) => void;
  total: Money;
  faultsOf: (field: string) => readonly string[];
  submit: ReturnType<typeof useSubmit>;
  onClear: () => void;
}) {
  const { orders, statuses } = useWords();
  const words = orders.create;
  const language = useLanguage();
  const paid = draft.method !== PaymentMethod.UNSPECIFIED;
  return (
    <div className="space-y-4 lg:sticky lg:top-0 lg:self-start">
      <div className="rounded-md border border-line bg-surface p-4">
        <p className="text-xs text-ink-3">{orders.lines.total}</p>
        <p className="tabular mt-0.5 text-2xl font-semibold tracking-[-0.01em] break-all" role="status">
          {formatNumber(total, language)} <span className="text-base text-ink-3">{total.currency}</span>
        </p>
        {faultsOf("total_amount").map((fault) => (
          <p key={fault} className="mt-1 text-xs text-bad">
            {fault}
          </p>
        ))}
        <div className="mt-4 space-y-3">
          <Field label={words.currency}>
            {(wiring) => (
              <Select
                {...wiring}
                value={draft.currency}
                onChange={(event) => setDraft((before) => ({ ...before, currency: event.target.value }))}
              >
                <Currencies codes={USUAL} />
                <hr />
                <Currencies codes={CURRENCIES.filter((code) => !USUAL.includes(code))} />
              </Select>
            )}
          </Field>
          <Field
            label={orders.facts.method}
            faults={faultsOf("payment_method")}
            help={paid ? undefined : words.byHand}
          >
            {(wiring) => (
              <Select
                {...wiring}
                value={draft.method}
                onChange={(event) =>
                  setDraft((before) => ({ ...before, method: Number(event.target.value) }))
                }
              >
                {METHODS.map((method) => (
                  <option key={method} value={method}>
                    {methodWord(statuses, method)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {paid && (
            <Field label={words.token} faults={faultsOf("payment_token")} help={words.tokenHelp}>
              {(wiring) => (
                <Input
                  {...wiring}
                  type="password"
                  autoComplete="off"
                  value={token}
                  onChange={(event) => setToken(event.target.value)}
                />
              )}
            </Field>
          )}
        </div>
        <Button
          kind="primary"
          type="submit"
          busy={submit.running}
          disabled={submit.unanswered !== undefined}
          className="mt-4 w-full"
        >
          {words.send}
          {!submit.running && <Key onFilled>Ctrl ↵</Key>}
        </Button>
        <Button kind="quiet" onClick={onClear} disabled={submit.running} className="mt-1.5 w-full">
          {words.clear}
        </Button>
      </div>
      <Outcome submit={submit} token={token} />
    </div>
  );
}

function Currencies({ codes }: { codes: readonly string[] }) {
  const language = useLanguage();
  const names = new Intl.DisplayNames(language, { type: "currency" });
  return codes.map((code) => (
    <option key={code} value={code}>
      {code} · {names.of(code)}
    </option>
  ));
}

function Outcome({ submit, token }: { submit: ReturnType<typeof useSubmit>; token: string }) {
  const { orders } = useWords();
  const { unanswered, refusal, needsToken, forget } = submit;
  const lacking = needsToken && token === "";
  const again = lacking ? undefined : () => submit.again(token);
  return (
    <ActionFault
      what={orders.create.send}
      outcome={{ unanswered, refusal, again, forget }}
      explain={lacking && <p className="text-xs text-bad">{orders.create.tokenAgain}</p>}
    />
  );
}
