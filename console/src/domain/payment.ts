import { PaymentStatus, RefundStatus } from "~/gen/oms/payments/v1/payments_pb";
import type { StatusLook } from "~/ui/chip";
import { check, cross, dots, type Looks, look, part, type StatusWords, slash, word } from "./look";

const PAYMENT: Looks<PaymentStatus> = {
  [PaymentStatus.UNSPECIFIED]: ["still", dots],
  [PaymentStatus.PENDING]: ["still", dots],
  [PaymentStatus.PROCESSING]: ["moving", part(0.5)],
  [PaymentStatus.COMPLETED]: ["good", check],
  [PaymentStatus.FAILED]: ["bad", cross],
  [PaymentStatus.CANCELLED]: ["still", slash],
  [PaymentStatus.PARTIALLY_REFUNDED]: ["todo", part(0.5)],
  [PaymentStatus.REFUNDED]: ["still", slash],
};

const REFUND: Looks<RefundStatus> = {
  [RefundStatus.UNSPECIFIED]: ["still", dots],
  [RefundStatus.PENDING]: ["still", dots],
  [RefundStatus.PROCESSING]: ["moving", part(0.5)],
  [RefundStatus.COMPLETED]: ["good", check],
  [RefundStatus.FAILED]: ["bad", cross],
};

export function paymentLook(words: StatusWords, status: PaymentStatus): StatusLook {
  return look(PAYMENT, status, word(words.payment, PaymentStatus[status]));
}

export function refundLook(words: StatusWords, status: RefundStatus): StatusLook {
  return look(REFUND, status, word(words.refund, RefundStatus[status]));
}
