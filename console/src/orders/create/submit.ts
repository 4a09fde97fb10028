import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { intents, perform, Refused, requestOf, useActionState } from "~/api/action";
import { useClient } from "~/api/clients";
import {
  type CreateOrderRequest,
  CreateOrderRequestSchema,
  OrderService,
} from "~/gen/oms/orders/v1/orders_pb";
import { lastFeed } from "../model/last";

const SCOPE = "create";
/** Stands for a token that was typed and is not kept. */
const CONCEALED = "[typed]";

/** Sends a new order, once. */
export function useSubmit(forgetDraft: () => void) {
  const client = useClient(OrderService);
  const navigate = useNavigate();
  const { running, unanswered, forget } = useActionState(SCOPE);
  const [fault, setFault] = useState<unknown>();

  const send = async (request: CreateOrderRequest) => {
    setFault(undefined);
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
      setFault(error);
    }
  };

  const kept = unanswered && requestOf(CreateOrderRequestSchema, unanswered);
  return {
    running,
    fault,
    /** A request that was sent, perhaps before the page was loaded again, and not answered. */
    unanswered,
    /** The unanswered one cannot be repeated without what was not kept. */
    needsToken: kept?.paymentToken === CONCEALED,
    send,
    again: (token: string) => {
      const intent = intents.unanswered(SCOPE);
      if (intent) {
        const request = requestOf(CreateOrderRequestSchema, intent);
        if (request.paymentToken === CONCEALED) request.paymentToken = token;
        void send(request);
      }
    },
    forget: () => {
      forget();
      setFault(undefined);
    },
    violations: fault instanceof Refused ? fault.refusal.violations : [],
  };
}
