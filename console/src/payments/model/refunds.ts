import { type Payment, PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { fromWire, type Money, type MoneyFault, money, parseMoney, subtract } from "~/lib/money";
import type { Refusal } from "~/lib/refusal";

export interface Amounts {
  readonly amount: Money;
  readonly refunded: Money;
  /** What can be given back still. */
  readonly rest: Money;
}

export function amountsOf(payment: Payment): Amounts | undefined {
  const amount = fromWire(payment.amount);
  if (!amount) {
    return undefined;
  }
  const refunded = fromWire(payment.refundedAmount) ?? money(amount.currency, 0n);
  return { amount, refunded, rest: isCharged(payment.status) ? subtract(amount, refunded) : noMoney(amount) };
}

function noMoney({ currency }: Money): Money {
  return money(currency, 0n);
}

export function isCharged(status: PaymentStatus): boolean {
  return [PaymentStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED].includes(status);
}

/** Whether a refund makes sense at all; only the system knows whether there is still time for it. */
export function isRefundable(payment: Payment): boolean {
  const amounts = amountsOf(payment);
  return amounts !== undefined && amounts.rest.nanos > 0n;
}

/** Only before the provider is asked. */
export function isCancellable(payment: Payment): boolean {
  return payment.status === PaymentStatus.PENDING;
}

export type RefundFault = MoneyFault | "not-above-zero" | "exceeds-rest";

/** Reads the part that somebody wants to give back. */
export function parseRefund(
  text: string,
  rest: Money,
  locale: string,
): { readonly money: Money } | { readonly fault: RefundFault } {
  const parsed = parseMoney(text, rest.currency, locale);
  if ("fault" in parsed) {
    return parsed;
  }
  if (parsed.money.nanos <= 0n) {
    return { fault: "not-above-zero" };
  }
  return parsed.money.nanos > rest.nanos ? { fault: "exceeds-rest" } : parsed;
}

/** What the system says can be refunded, where it refuses more. It speaks in plain decimals. */
export function refundableOf({ reason, metadata }: Refusal): Money | undefined {
  if (reason !== "REFUND_EXCEEDS_REST" || !metadata.refundable || !metadata.currency) {
    return undefined;
  }
  const parsed = parseMoney(metadata.refundable, metadata.currency, "en");
  return "money" in parsed ? parsed.money : undefined;
}
