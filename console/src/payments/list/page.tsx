import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ViewHead } from "~/app/frame";
import { paymentLook } from "~/domain/statuses";
import { PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { Button } from "~/ui/button";
import type { DataTableHandle } from "~/ui/data-table";
import { useKeys } from "~/ui/keys";
import { ListBody } from "~/ui/list-body";
import { Empty } from "~/ui/states";
import { StatusFilters } from "~/ui/status-filters";
import { lastSearch, type PaymentSearch, STATUS_NAMES } from "../model/filters";
import { NarrowPayment, useColumns } from "./columns";
import { idOf, usePayments } from "./use-payments";

const route = getRouteApi("/payments");
const PAYMENT = /^pay_[0-9a-f]{32}$/;

export function PaymentsPage() {
  const { frame, payments, statuses } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useColumns();
  const list = usePayments(search);
  const table = useRef<DataTableHandle>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  useEffect(() => lastSearch.set(search), [search]);
  useKeys({ "/": () => searchInput.current?.focus(), j: () => table.current?.focus() });

  const filter = (change: Partial<PaymentSearch>) => {
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
    table.current?.toTop();
  };
  const open = (paymentId: string) => void navigate({ to: "/payments/$paymentId", params: { paymentId } });
  const isFiltered = Boolean(search.status || search.order);

  return (
    <>
      <ViewHead title={frame.payments}>
        <StatusFilters
          ref={searchInput}
          words={{ label: payments.filters, search: payments.search, status: payments.status }}
          search={search}
          names={STATUS_NAMES}
          lookOf={(name) => paymentLook(statuses, PaymentStatus[name])}
          onChange={filter}
          isId={PAYMENT}
          onOpen={open}
        />
      </ViewHead>
      <ListBody
        ref={table}
        list={list}
        label={frame.payments}
        columns={columns}
        id={idOf}
        narrow={(payment) => <NarrowPayment payment={payment} />}
        onOpen={({ paymentId }) => open(paymentId)}
        empty={
          <Empty title={isFiltered ? payments.emptyFiltered : payments.empty}>
            {isFiltered ? (
              <Button className="mt-3" onClick={() => void navigate({ search: {}, replace: true })}>
                {payments.showAll}
              </Button>
            ) : (
              payments.emptyHelp
            )}
          </Empty>
        }
      />
    </>
  );
}
