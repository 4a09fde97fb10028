import { equals } from "@bufbuild/protobuf";
import { useClient } from "~/api/clients";
import { PAGE, useList } from "~/api/pages";
import {
  type Payment,
  PaymentSchema,
  PaymentService,
  PaymentStatus,
} from "~/gen/oms/payments/v1/payments_pb";
import { newestFirst } from "~/lib/pages";
import type { ListState } from "~/ui/list-body";
import type { PaymentSearch } from "../model/filters";

export const idOf = (payment: Payment) => payment.paymentId;
const order = newestFirst(idOf, (a, b) => equals(PaymentSchema, a, b));

/** The payments that the address describes. */
export function usePayments({ status, order: orderId = "" }: PaymentSearch): ListState<Payment> {
  const client = useClient(PaymentService);
  return useList(
    ["payments", status, orderId],
    async (pageToken, signal) => {
      const asked = status ? PaymentStatus[status] : PaymentStatus.UNSPECIFIED;
      const request = { orderId, status: asked, pageSize: PAGE, pageToken };
      const { payments, nextPageToken } = await client.listPayments(request, { signal });
      return { rows: payments, next: nextPageToken };
    },
    { id: idOf, order },
  );
}
