import { getRouteApi } from "@tanstack/react-router";
import { useCan } from "~/api/permissions";
import { ViewHead } from "~/app/frame";
import { paymentLook, reservationLook } from "~/domain/statuses";
import { StatisticsWindow } from "~/gen/oms/common/v1/statistics_pb";
import { InventoryService, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { OrderService } from "~/gen/oms/orders/v1/orders_pb";
import { PaymentService, PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { useWords } from "~/i18n";
import { Segments } from "~/ui/segments";
import { Card } from "./card";
import { ApprovalTime } from "./cards/approval-time";
import { Audit } from "./cards/audit";
import { LowStock } from "./cards/low-stock";
import { MoneyCard } from "./cards/money";
import { OrderFlow } from "./cards/order-flow";
import { OrdersNow } from "./cards/orders-now";
import { Outbox, type ServiceBacklog } from "./cards/outbox";
import { StatesList } from "./cards/states-list";
import { WINDOWS, type Window, windowOf } from "./model/window";
import { useFigures } from "./use-figures";

const route = getRouteApi("/overview");
const WIRE: Record<Window, StatisticsWindow> = {
  hour: StatisticsWindow.HOUR,
  day: StatisticsWindow.DAY,
};
/** Of all products that run out, so many are looked at to find those with the least. */
const LOW = 100;

/** How things stand, for those who look in the morning and those who worry. */
export function OverviewPage() {
  const words = useWords();
  const { overview, frame, statuses } = words;
  const window = windowOf(route.useSearch());
  const navigate = route.useNavigate();
  const can = useCan();
  const seesPayments = can("PaymentsGetPaymentStatistics");
  const input = { window: WIRE[window] };
  const orders = useFigures(OrderService.method.getOrderStatistics, input);
  const payments = useFigures(PaymentService.method.getPaymentStatistics, input, seesPayments);
  const inventory = useFigures(InventoryService.method.getInventoryStatistics, {});
  const low = useFigures(InventoryService.method.listProducts, { lowStock: true, pageSize: LOW });

  const backlogs = [
    { service: "orders" as const, figures: orders },
    ...(seesPayments ? [{ service: "payments" as const, figures: payments }] : []),
    { service: "inventory" as const, figures: inventory },
  ].map(
    ({ service, figures }): ServiceBacklog => ({
      service,
      backlog: figures.data?.backlog,
      at: figures.data ? figures.at : 0,
      isAway: figures.error !== null,
    }),
  );

  return (
    <>
      <ViewHead
        title={frame.overview}
        aside={
          <Segments
            label={overview.window}
            value={window}
            choices={WINDOWS.map((value) => ({ value, label: overview.windows[value] }))}
            onChange={(next) => {
              void navigate({ search: next === "day" ? { window: "day" } : {}, replace: true });
            }}
          />
        }
      />
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
      >
        <div className="grid gap-4 p-4 sm:p-5 md:grid-cols-2 lg:grid-cols-6">
          <Card title={overview.ordersNow} figures={orders} className="md:col-span-2 lg:col-span-6">
            {({ counts }) => <OrdersNow counts={counts} />}
          </Card>
          <Card title={overview.flow} figures={orders} rows={9} className="md:col-span-2 lg:col-span-3">
            {(statistics) => <OrderFlow statistics={statistics} window={window} />}
          </Card>
          <Card title={overview.approval} figures={orders} rows={9} className="md:col-span-2 lg:col-span-3">
            {(statistics) => <ApprovalTime statistics={statistics} window={window} />}
          </Card>
          {seesPayments && (
            <>
              <MoneyCard figures={payments} window={window} className="md:col-span-2 lg:col-span-4" />
              <Card title={overview.paymentsNow} figures={payments} className="lg:col-span-2">
                {({ counts }) => (
                  <StatesList
                    to="/payments"
                    states={counts.map(({ status, payments: count }) => ({
                      name: PaymentStatus[status] ?? "",
                      look: paymentLook(statuses, status),
                      count,
                    }))}
                  />
                )}
              </Card>
            </>
          )}
          <Card title={overview.lowStock} figures={low} className="lg:col-span-2">
            {({ products }) => <LowStock products={products} all={inventory.data?.lowStockProducts} />}
          </Card>
          <Card title={overview.reservationsNow} figures={inventory} className="lg:col-span-2">
            {({ counts }) => (
              <StatesList
                to={can("InventoryListReservations") ? "/inventory/reservations" : undefined}
                states={counts.map(({ status, reservations: count }) => ({
                  name: ReservationStatus[status] ?? "",
                  look: reservationLook(statuses, status),
                  count,
                }))}
              />
            )}
          </Card>
          <Outbox services={backlogs} className="lg:col-span-2" />
          {can("OrdersRunAudit") && <Audit className="md:col-span-2 lg:col-span-6" />}
        </div>
      </div>
    </>
  );
}
