import { useCallback, useMemo, useRef, useState } from "react";
import { localRole, sessionState, useRoles } from "~/api/session";
import { ViewHead } from "~/app/frame";
import { useLanguage, useWords } from "~/i18n";
import { useDraft } from "~/lib/draft";
import { useStore } from "~/lib/store";
import { Button } from "~/ui/button";
import { Field, focusFault, Input } from "~/ui/field";
import { PlusIcon } from "~/ui/icons";
import { BackToList } from "../back";
import { byField, check, type DraftLine, newDraft, newLine, pastedLines } from "./draft";
import { LINE_GRID, type LineFaults, LineRow } from "./line-row";
import { useProducts } from "./products";
import { useSubmit } from "./submit";
import { Summary } from "./summary";

/** Whose orders somebody can make: a customer's are their own. */
function useOwnId(): string | undefined {
  const roles = useRoles();
  const state = useStore(sessionState);
  const local = useStore(localRole);
  if (roles.some((role) => role !== "customer") || state.kind !== "ready") {
    return undefined;
  }
  return state.session.mode === "local" ? local.customer : state.session.subject;
}

export function NewOrderPage() {
  const { orders, money } = useWords();
  const words = orders.create;
  const language = useLanguage();
  const own = useOwnId();
  const [initial] = useState(newDraft);
  const [typed, setDraft, forgetDraft] = useDraft("new-order", initial);
  const draft = own === undefined ? typed : { ...typed, customer: own };
  // A secret: not kept in the browser, so it is typed again after a reload.
  const [token, setToken] = useState("");
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const products = useProducts();
  const submit = useSubmit(forgetDraft);
  const checked = check(draft, token, language, products.known);
  const { refusal } = submit;
  const told = useMemo(() => byField(refusal?.violations ?? []), [refusal]);

  /** What the page and the server have to say of a field. Nobody is told of what they have not had time to fill in. */
  const faultsOf = (field: string): readonly string[] => {
    const fault = tried ? checked.faults.get(field) : undefined;
    const server = told.get(field);
    const own =
      fault &&
      (fault in money.faults
        ? money.faults[fault as keyof typeof money.faults]
        : words.faults[fault as keyof typeof words.faults]);
    return [own, server].filter((text) => text !== undefined && text !== "") as string[];
  };
  const lineFaults = (index: number): LineFaults => ({
    product: faultsOf(`items[${index}].product_id`),
    quantity: faultsOf(`items[${index}].quantity`),
    price: faultsOf(`items[${index}].price`),
  });

  const focusLine = (key: string) =>
    requestAnimationFrame(() =>
      form.current?.querySelector<HTMLInputElement>(`[data-line="${key}"]`)?.focus(),
    );
  const changeLine = useCallback(
    (key: string, change: Partial<DraftLine>) =>
      setDraft((before) => ({
        ...before,
        lines: before.lines.map((line) => (line.key === key ? { ...line, ...change } : line)),
      })),
    [setDraft],
  );
  const removeLine = useCallback(
    (key: string) =>
      setDraft((before) => {
        const lines = before.lines.filter((line) => line.key !== key);
        return { ...before, lines: lines.length > 0 ? lines : [newLine()] };
      }),
    [setDraft],
  );
  const addLine = () => {
    const line = newLine();
    setDraft((before) => ({ ...before, lines: [...before.lines, line] }));
    focusLine(line.key);
  };
  const endLine = (key: string) => {
    const next = draft.lines[draft.lines.findIndex((line) => line.key === key) + 1];
    if (next) focusLine(next.key);
    else addLine();
  };
  const pasteLines = (key: string, text: string): boolean => {
    const lines = pastedLines(text);
    if (!lines) return false;
    setDraft((before) => ({
      ...before,
      lines: before.lines.flatMap((line) => (line.key === key ? lines : [line])),
    }));
    return true;
  };

  const send = () => {
    setTried(true);
    if (submit.unanswered) return;
    if (checked.request) {
      void submit.send(checked.request);
    } else {
      focusFault(form.current);
    }
  };

  return (
    <>
      <ViewHead
        title={words.title}
        before={
          <div className="-mt-1 mb-1">
            <BackToList />
          </div>
        }
      />
      <form
        ref={form}
        noValidate
        className="relative min-h-0 flex-1 overflow-y-auto px-4 pt-4 pb-16 sm:px-5"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          }
        }}
      >
        <div className="grid max-w-6xl gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
          <div className="min-w-0 space-y-5">
            <Field label={orders.customer} required faults={faultsOf("customer_id")} className="sm:max-w-80">
              {(wiring) => (
                <Input
                  {...wiring}
                  autoFocus={draft.customer === ""}
                  readOnly={own !== undefined}
                  value={draft.customer}
                  onChange={(event) => setDraft((before) => ({ ...before, customer: event.target.value }))}
                />
              )}
            </Field>
            <fieldset>
              <legend className="mb-2 text-sm font-semibold">{orders.lines.title}</legend>
              <div className="rounded-md border border-line bg-surface">
                <div
                  className={`${LINE_GRID} border-b border-line px-3 py-1.5 text-xs text-ink-3 max-sm:hidden`}
                  aria-hidden="true"
                >
                  <span>{orders.lines.product}</span>
                  <span className="text-right">{orders.lines.quantity}</span>
                  <span className="text-right">{orders.lines.price}</span>
                  <span className="text-right">{orders.lines.sum}</span>
                </div>
                <ol>
                  {draft.lines.map((line, index) => (
                    <LineRow
                      key={line.key}
                      line={line}
                      index={index}
                      currency={draft.currency}
                      sum={checked.sums[index]}
                      faults={lineFaults(index)}
                      products={products}
                      onChange={changeLine}
                      onRemove={removeLine}
                      onEnd={endLine}
                      onPasteLines={pasteLines}
                    />
                  ))}
                </ol>
              </div>
              {faultsOf("items").map((fault) => (
                <p key={fault} className="mt-1 text-xs text-bad">
                  {fault}
                </p>
              ))}
              <div className="mt-2 flex flex-wrap items-center gap-3">
                <Button kind="quiet" onClick={addLine}>
                  <PlusIcon />
                  {words.addLine}
                </Button>
                <p className="text-xs text-ink-3">{words.paste}</p>
              </div>
            </fieldset>
          </div>
          <Summary
            draft={draft}
            setDraft={setDraft}
            token={token}
            setToken={setToken}
            total={checked.total}
            faultsOf={faultsOf}
            submit={submit}
            onClear={() => {
              forgetDraft();
              setToken("");
              setTried(false);
            }}
          />
        </div>
      </form>
    </>
  );
}
