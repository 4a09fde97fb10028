import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { perform, refusalIn, requestOf, useActionState } from "~/api/action";
import { useClient } from "~/api/clients";
import {
  type CreateOrderRequest,
  CreateOrderRequestSchema,
  OrderService,
} from "~/gen/oms/orders/v1/orders_pb";
import type { Refusal } from "~/lib/refusal";
import { lastFeed } from "../model/last";

const SCOPE = "create";
/** Stands for a token that was typed and is not kept. */
const CONCEALED = "[typed]";

/** Sends a new order, once. */
export function useSubmit(forgetDraft: () => void) {
  const client = useClient(OrderService);
  const navigate = useNavigate();
  const { running, unanswered, forget } = useActionState(SCOPE);
  const [refusal, setRefusal] = useState<Refusal>();

  const send = async (request: CreateOrderRequest) => {
    setRefusal(undefined);
    try {
      const { order } = await perform({
        scope: SCOPE,
        schema: CreateOrderRequestSchema,
        request,
        send: (keyed) => client.createOrder(keyed),
        conceal: (kept) => {
          if (kept.paymentToken) kept.paymentToken = CONCEALED;
        },
      });
      forgetDraft();
      if (order) {
        lastFeed.get()?.feed.merge(order);
        await navigate({ to: "/orders/$orderId", params: { orderId: order.orderId } });
      }
    } catch (error) {
      setRefusal(refusalIn(error));
    }
  };

  const kept = unanswered && requestOf(CreateOrderRequestSchema, unanswered);
  return {
    running,
    refusal,
    /** A request that was sent, perhaps before the page was loaded again, and not answered. */
    unanswered,
    /** The unanswered one cannot be repeated without what was not kept. */
    needsToken: kept?.paymentToken === CONCEALED,
    send,
    again: (token: string) => {
      if (kept) {
        if (kept.paymentToken === CONCEALED) kept.paymentToken = token;
        void send(kept);
      }
    },
    forget,
  };
}
