import type { Client } from "@connectrpc/connect";
import { createConnectQueryKey } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { perform, requestOf } from "~/api/action";
import { useClient } from "~/api/clients";
import {
  ApproveOrderRequestSchema,
  CancelOrderRequestSchema,
  DeliverOrderRequestSchema,
  type Order,
  OrderService,
  RejectOrderRequestSchema,
  ShipOrderRequestSchema,
} from "~/gen/oms/orders/v1/orders_pb";
import type { Intent } from "~/lib/intents";
import { lastFeed } from "../model/last";
import type { OrderAction } from "../model/lifecycle";

/** What goes with an action. */
export interface Particulars {
  readonly reason?: string;
  readonly carrier?: string;
  readonly trackingNumber?: string;
}

/** What is said when it is done, by its name in the dictionary. */
export const DONE = {
  approve: "approved",
  reject: "rejected",
  ship: "shipped",
  deliver: "delivered",
  cancel: "cancelled",
} as const satisfies Record<OrderAction, string>;

export type Act = (action: OrderAction, orderId: string, particulars?: Particulars) => Promise<Order>;

export function scopeOf(action: OrderAction, orderId: string): string {
  return `${action}/${orderId}`;
}

/** Does something to an order, once, and lets the list know what came of it. */
export function useAct(): Act {
  const client = useClient(OrderService);
  const queries = useQueryClient();
  return useCallback(
    async (action, orderId, particulars = {}) => {
      const { order } = await send(client, action, orderId, particulars);
      if (!order) {
        throw new Error("the reply has no order");
      }
      lastFeed.get()?.feed.merge(order);
      const queryKey = createConnectQueryKey({
        schema: OrderService.method.getOrder,
        input: { orderId },
        cardinality: "finite",
      });
      void queries.invalidateQueries({ queryKey });
      return order;
    },
    [client, queries],
  );
}

function send(
  client: Client<typeof OrderService>,
  action: OrderAction,
  orderId: string,
  { reason = "", carrier = "", trackingNumber = "" }: Particulars,
): Promise<{ order?: Order | undefined }> {
  const scope = scopeOf(action, orderId);
  switch (action) {
    case "approve": {
      const request = { orderId, reason };
      return perform({
        scope,
        schema: ApproveOrderRequestSchema,
        request,
        send: (r) => client.approveOrder(r),
      });
    }
    case "reject": {
      const request = { orderId, reason };
      return perform({
        scope,
        schema: RejectOrderRequestSchema,
        request,
        send: (r) => client.rejectOrder(r),
      });
    }
    case "cancel": {
      const request = { orderId, reason };
      return perform({
        scope,
        schema: CancelOrderRequestSchema,
        request,
        send: (r) => client.cancelOrder(r),
      });
    }
    case "ship": {
      const request = { orderId, carrier, trackingNumber };
      return perform({ scope, schema: ShipOrderRequestSchema, request, send: (r) => client.shipOrder(r) });
    }
    case "deliver": {
      return perform({
        scope,
        schema: DeliverOrderRequestSchema,
        request: { orderId },
        send: (r) => client.deliverOrder(r),
      });
    }
  }
}

const SCHEMAS = {
  approve: ApproveOrderRequestSchema,
  reject: RejectOrderRequestSchema,
  cancel: CancelOrderRequestSchema,
  ship: ShipOrderRequestSchema,
  deliver: DeliverOrderRequestSchema,
};

/** What went with an action that was not answered, so that the same can be sent again. */
export function repeatOf(action: OrderAction, intent: Intent): Particulars {
  const { reason, carrier, trackingNumber } = requestOf(
    SCHEMAS[action] as typeof ShipOrderRequestSchema,
    intent,
  ) as {
    reason?: string;
    carrier?: string;
    trackingNumber?: string;
  };
  return {
    ...(reason && { reason }),
    ...(carrier && { carrier }),
    ...(trackingNumber && { trackingNumber }),
  };
}
