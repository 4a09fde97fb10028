import { LedgerAccount, type LedgerEntry } from "~/gen/oms/payments/v1/payments_pb";
import { add, fromWire, type Money, money, negate } from "~/lib/money";
import { millis } from "~/lib/time";

export interface LedgerRow {
  readonly key: string;
  readonly account: LedgerAccount;
  /** One of the two, always above 0. */
  readonly debit: Money | undefined;
  readonly credit: Money | undefined;
  /** Empty: the capture. */
  readonly refundId: string;
  readonly at: number;
  /** Whether a booking begins with this row. */
  readonly begins: boolean;
}

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly debits: Money;
  readonly credits: Money;
  /** Whether each booking sums to zero. */
  readonly balanced: boolean;
}

/** The books as an accountant reads them; `undefined`: nothing is booked. */
export function ledgerOf(entries: readonly LedgerEntry[]): Ledger | undefined {
  const booked = entries.flatMap((entry) => {
    const amount = fromWire(entry.amount);
    return amount ? [{ entry, amount }] : [];
  });
  const currency = booked[0]?.amount.currency;
  if (currency === undefined) {
    return undefined;
  }
  const none = money(currency, 0n);
  const sums = new Map<string, Money>();
  let [debits, credits] = [none, none];
  const rows = booked.map(({ entry, amount }, index): LedgerRow => {
    const { account, refundId, createTime } = entry;
    sums.set(refundId, add(sums.get(refundId) ?? none, amount));
    const isDebit = amount.nanos >= 0n;
    if (isDebit) {
      debits = add(debits, amount);
    } else {
      credits = add(credits, negate(amount));
    }
    return {
      key: `${refundId}/${LedgerAccount[account]}/${index}`,
      account,
      debit: isDebit ? amount : undefined,
      credit: isDebit ? undefined : negate(amount),
      refundId,
      at: createTime ? millis(createTime) : 0,
      begins: booked[index - 1]?.entry.refundId !== refundId,
    };
  });
  return { rows, debits, credits, balanced: [...sums.values()].every((sum) => sum.nanos === 0n) };
}
