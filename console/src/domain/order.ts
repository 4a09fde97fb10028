import { OrderStatus, PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import type { StatusLook } from "~/ui/chip";
import { check, cross, dots, type Looks, look, part, type StatusWords, slash, unwound, word } from "./look";

const ORDER: Looks<OrderStatus> = {
  [OrderStatus.UNSPECIFIED]: ["still", dots],
  [OrderStatus.CREATED]: ["still", dots],
  [OrderStatus.VALIDATION_PENDING]: ["still", dots],
  [OrderStatus.PENDING_APPROVAL]: ["waiting", part(0.12)],
  [OrderStatus.APPROVED]: ["moving", part(0.25)],
  [OrderStatus.PAYMENT_PENDING]: ["moving", part(0.4)],
  [OrderStatus.PAYMENT_COMPLETED]: ["moving", part(0.5)],
  [OrderStatus.PROCESSING]: ["todo", part(0.65)],
  [OrderStatus.SHIPPED]: ["away", part(0.85)],
  [OrderStatus.DELIVERED]: ["good", check],
  [OrderStatus.VALIDATION_FAILED]: ["bad", cross],
  [OrderStatus.AUTO_REJECTED]: ["bad", cross],
  [OrderStatus.REJECTED]: ["bad", cross],
  [OrderStatus.CANCELLED]: ["still", slash],
};

export function orderLook(words: StatusWords, status: OrderStatus, unwinding = false): StatusLook {
  const found = look(ORDER, status, word(words.order, OrderStatus[status]));
  return unwinding ? unwound(found) : found;
}

/** The orders and the payments service number their methods alike. */
export function methodWord(words: StatusWords, method: number): string {
  return word(words.methods, PaymentMethod[method]);
}
