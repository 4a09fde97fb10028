import { useRef, useState } from "react";
import { refusalIn } from "~/api/action";
import { type Order, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { shortId } from "~/lib/ids";
import { add, formatMoney, fromWire, type Money } from "~/lib/money";
import type { Refusal } from "~/lib/refusal";
import { isNote } from "~/lib/texts";
import { ActionDialog } from "~/ui/action-dialog";
import { Button } from "~/ui/button";
import { Dialog, DialogActions } from "~/ui/dialog";
import { CheckIcon, ClockIcon, CrossIcon, Spinner, WarnIcon } from "~/ui/icons";
import { DONE, useAct } from "../actions/decide";
import { Reason } from "../actions/dialogs";

/** Decisions on their way at one time. */
const AT_ONCE = 6;

type Result =
  | { readonly kind: "waiting" | "running" | "done" | "open" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

interface BulkProps {
  action: "approve" | "reject";
  selected: readonly Order[];
  onClose: () => void;
}

/** Decides on many orders, each by itself, and says of each what came of it. */
export function BulkDialog({ action, selected, onClose }: BulkProps) {
  const { orders } = useWords();
  const words = orders.bulk;
  const ready = selected.filter((order) => order.status === OrderStatus.PENDING_APPROVAL);
  const [reason, setReason] = useState("");
  const [going, setGoing] = useState(false);
  // What is decided is what was seen when it began.
  const [batch, setBatch] = useState<readonly Order[]>([]);
  const title = action === "approve" ? words.approveTitle : words.rejectTitle;

  if (going) {
    return (
      <Results action={action} batch={batch} reason={reason} title={title(batch.length)} onClose={onClose} />
    );
  }
  return (
    <ActionDialog
      title={title(ready.length)}
      go={orders.actions[action]}
      kind={action === "approve" ? "primary" : "danger"}
      disabled={!isNote(reason)}
      onClose={onClose}
      onGo={() => {
        setBatch(ready);
        setGoing(ready.length > 0);
      }}
    >
      <Sum orders={ready} />
      {ready.length < selected.length && (
        <p className="mb-3 flex gap-2 text-ink-2">
          <WarnIcon className="mt-0.5 shrink-0 text-waiting" />
          {words.skipped(selected.length - ready.length)}
        </p>
      )}
      <Reason value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

/** What they come to, by currency. */
function Sum({ orders: list }: { orders: readonly Order[] }) {
  const { orders } = useWords();
  const language = useLanguage();
  const sums = new Map<string, Money>();
  for (const order of list) {
    const total = fromWire(order.totalAmount);
    const before = total && sums.get(total.currency);
    if (total) sums.set(total.currency, before ? add(before, total) : total);
  }
  return (
    <p className="mb-3 flex flex-wrap items-baseline gap-x-3">
      <span className="text-ink-3">{orders.bulk.total}</span>
      {[...sums.values()].map((sum) => (
        <strong key={sum.currency} className="tabular text-base font-semibold">
          {formatMoney(sum, language)}
        </strong>
      ))}
    </p>
  );
}

function Results({
  action,
  batch,
  reason,
  title,
  onClose,
}: {
  action: "approve" | "reject";
  batch: readonly Order[];
  reason: string;
  title: string;
  onClose: () => void;
}) {
  const { orders } = useWords();
  const words = orders.bulk;
  const { results, running, stop, repeat } = useBatch(action, batch, reason);
  const all = [...results.values()];
  const done = all.filter((result) => result.kind === "done").length;
  const open = all.filter((result) => result.kind === "open").length;
  return (
    <Dialog title={title} onClose={onClose} locked={running} wide>
      <div className="mb-2 flex items-center gap-3">
        <progress
          aria-label={words.results}
          max={batch.length}
          value={all.filter((result) => result.kind !== "waiting" && result.kind !== "running").length}
          className="h-1.5 flex-1 overflow-hidden rounded-full accent-accent"
        />
        <span role="status" className="tabular text-ink-2">
          {words.done(done, batch.length)}
        </span>
      </div>
      <ul className="max-h-[50dvh] divide-y divide-line overflow-y-auto rounded-md border border-line">
        {batch.map((order) => (
          <li
            key={order.orderId}
            className="flex items-start gap-3 px-3 py-1.5 [contain-intrinsic-size:auto_2rem] [content-visibility:auto]"
          >
            <ResultMark result={results.get(order.orderId)} />
            <span className="tabular w-34 shrink-0">{shortId(order.orderId)}</span>
            <span className="min-w-0 flex-1">
              <ResultWords action={action} result={results.get(order.orderId)} />
            </span>
          </li>
        ))}
      </ul>
      <DialogActions>
        {running && <Button onClick={stop}>{words.stop}</Button>}
        {!running && open > 0 && <Button onClick={repeat}>{words.repeat}</Button>}
        <Button kind="primary" data-first disabled={running} onClick={onClose}>
          {words.ready}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** Works the batch off, a few at a time, in its order. */
function useBatch(action: "approve" | "reject", batch: readonly Order[], reason: string) {
  const act = useAct();
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(
    () => new Map(batch.map((order) => [order.orderId, { kind: "waiting" }])),
  );
  const [running, setRunning] = useState(false);
  const stopped = useRef(false);
  const begun = useRef(false);

  const set = (id: string, result: Result) => setResults((before) => new Map(before).set(id, result));

  const decide = async (id: string) => {
    set(id, { kind: "running" });
    try {
      await act(action, id, { reason });
      set(id, { kind: "done" });
    } catch (error) {
      const refusal = refusalIn(error);
      set(id, refusal ? { kind: "refused", refusal } : { kind: "open" });
    }
  };

  const work = async (ids: string[]) => {
    stopped.current = false;
    setRunning(true);
    const worker = async () => {
      for (let id = ids.shift(); id !== undefined && !stopped.current; id = ids.shift()) {
        await decide(id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    setRunning(false);
  };

  if (!begun.current) {
    begun.current = true;
    queueMicrotask(() => void work(batch.map((order) => order.orderId)));
  }
  return {
    results,
    running,
    stop: () => {
      stopped.current = true;
    },
    repeat: () =>
      void work(
        batch
          .map((order) => order.orderId)
          .filter((id) => ["open", "waiting"].includes(results.get(id)?.kind ?? "")),
      ),
  };
}

function ResultMark({ result }: { result: Result | undefined }) {
  switch (result?.kind) {
    case "done":
      return <CheckIcon className="mt-0.5 shrink-0 text-good" />;
    case "refused":
      return <CrossIcon className="mt-0.5 shrink-0 text-bad" />;
    case "open":
      return <WarnIcon className="mt-0.5 shrink-0 text-waiting" />;
    case "running":
      return <Spinner className="mt-0.75 ml-px shrink-0 text-ink-3" />;
    default:
      return <ClockIcon className="mt-0.5 shrink-0 text-ink-3" />;
  }
}

function ResultWords({ action, result }: { action: "approve" | "reject"; result: Result | undefined }) {
  const { orders, action: words } = useWords();
  switch (result?.kind) {
    case "done":
      return orders.actions[DONE[action]];
    case "refused":
      return (
        <>
          <span lang="en">{result.refusal.message}</span>{" "}
          <code className="font-mono text-2xs text-ink-3">{result.refusal.reason}</code>
        </>
      );
    case "open":
      return words.unknown;
    case "running":
      return words.running;
    default:
      return <span className="text-ink-3">{orders.bulk.waiting}</span>;
  }
}
