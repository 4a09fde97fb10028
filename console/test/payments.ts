import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import {
  LedgerAccount,
  type LedgerEntry,
  LedgerEntrySchema,
  type Payment,
  PaymentEventKind,
  PaymentEventSchema,
  PaymentMethod,
  PaymentSchema,
  PaymentService,
  PaymentStatus,
  type Refund,
  RefundSchema,
  RefundStatus,
} from "~/gen/oms/payments/v1/payments_pb";
import { add, fromWire, money, toWire } from "~/lib/money";
import { Kept, page } from "./kept";
import { at, digits, dollars, idOf } from "./orders";
import type { Once } from "./system";

export const paymentIdOf = (n: number) => `pay_${digits(n)}`;
export const refundIdOf = (n: number) => `rfd_${digits(n)}`;

type Happened = Omit<MessageInitShape<typeof PaymentEventSchema>, "sequence" | "createTime">;

/** A payment that these things have happened to. */
export function aPayment(
  n: number,
  { happened = [], ...rest }: MessageInitShape<typeof PaymentSchema> & { happened?: Happened[] } = {},
): Payment {
  const made = create(PaymentSchema, {
    paymentId: paymentIdOf(n),
    orderId: idOf(n),
    amount: dollars(100n),
    refundedAmount: dollars(0n),
    method: PaymentMethod.CREDIT_CARD,
    createTime: at(0),
    ...rest,
  });
  return [{ status: PaymentStatus.PENDING }, ...happened].reduce(went, made);
}

/** The payment after one thing more. */
export function went(before: Payment, event: Happened): Payment {
  const payment = clone(PaymentSchema, before);
  payment.sequence += 1n;
  payment.status = event.status ?? before.status;
  payment.updateTime = at(Number(before.sequence));
  payment.attempts = Math.max(before.attempts, event.attempt ?? 0);
  const { kind = PaymentEventKind.STATUS_CHANGED, actor = "system", reason = "", attempt = 0 } = event;
  payment.timeline.push(
    create(PaymentEventSchema, {
      kind,
      actor,
      reason,
      attempt,
      status: payment.status,
      sequence: payment.sequence,
      createTime: payment.updateTime,
    }),
  );
  return payment;
}

/** What the first attempts to charge come to; each takes a minute. */
export const begun = (attempt: number): Happened => ({
  kind: PaymentEventKind.ATTEMPT_STARTED,
  status: PaymentStatus.PROCESSING,
  attempt,
});
export const failed = (attempt: number, reason: string): Happened => ({
  kind: PaymentEventKind.ATTEMPT_FAILED,
  attempt,
  reason,
});
export const charged = (attempt: number): Happened => ({ status: PaymentStatus.COMPLETED, attempt });

/** Charged at the first attempt. */
export function paid(n: number, rest: MessageInitShape<typeof PaymentSchema> = {}): Payment {
  return aPayment(n, { providerReference: `ch_${n}`, ...rest, happened: [begun(1), charged(1)] });
}

/** The two sides of a booking. */
export function booked(units: bigint, refundId = "", credited = units): LedgerEntry[] {
  const entry = (account: LedgerAccount, side: bigint) =>
    create(LedgerEntrySchema, { account, refundId, amount: dollars(side), createTime: at(3) });
  return [entry(LedgerAccount.PROVIDER_CLEARING, units), entry(LedgerAccount.SALES, -credited)];
}

export function aRefund(n: number, rest: MessageInitShape<typeof RefundSchema> = {}): Refund {
  return create(RefundSchema, {
    refundId: refundIdOf(n),
    amount: dollars(10n),
    status: RefundStatus.COMPLETED,
    createTime: at(4),
    ...rest,
  });
}

/** The payments, their refunds and their books; there is one book, whatever payment is asked for. */
export class Payments {
  /** The newest first. */
  refunds: Refund[] = [];
  entries: LedgerEntry[] = [];
  private readonly kept = new Kept("payment", (payment: Payment) => payment.paymentId);

  constructor(private readonly once: Once) {}

  put(payment: Payment): Payment {
    return this.kept.put(payment);
  }

  get(paymentId: string): Payment {
    return this.kept.get(paymentId);
  }

  serve({ service }: ConnectRouter): void {
    service(PaymentService, {
      listPayments: (request) => {
        const { rows, nextPageToken } = this.kept.list(request);
        return { payments: rows, nextPageToken };
      },
      getPayment: ({ paymentId }) => ({ payment: this.get(paymentId) }),
      watchPayment: ({ paymentId, afterSequence }, context) =>
        this.kept.events(context, paymentId, afterSequence),
      listRefunds: (request) => {
        const { rows, nextPageToken } = page(this.refunds, request);
        return { refunds: rows, nextPageToken };
      },
      listLedgerEntries: () => ({ entries: this.entries }),
      createRefund: (request) =>
        this.once({ ...request, method: "refund" }, () => this.admit(request.paymentId, request)),
      cancelPayment: (request) =>
        this.once({ ...request, method: "cancel" }, () => {
          const { paymentId, reason } = request;
          const event = { status: PaymentStatus.CANCELLED, reason, actor: "finance:fay" };
          return { payment: this.put(went({ ...this.get(paymentId), reason }, event)) };
        }),
    });
  }

  /** Takes a refund on: from now on so much less can be refunded. */
  admit(
    paymentId: string,
    { amount, reason }: Pick<MessageInitShape<typeof RefundSchema>, "amount" | "reason">,
  ) {
    const payment = this.get(paymentId);
    const part = fromWire(create(RefundSchema, { amount: amount ?? payment.amount }).amount) ?? money("", 0n);
    const before = fromWire(payment.refundedAmount) ?? money(part.currency, 0n);
    const refund = aRefund(this.refunds.length + 1, {
      paymentId,
      amount: toWire(part),
      reason: reason ?? "",
      status: RefundStatus.PENDING,
    });
    this.refunds = [refund, ...this.refunds];
    const event = { kind: PaymentEventKind.REFUND, reason: "a refund was admitted", actor: "finance:fay" };
    const after = { ...payment, refundedAmount: toWire(add(before, part)) };
    return { refund, payment: this.put(went(after, event)) };
  }
}
