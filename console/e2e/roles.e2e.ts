import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { NewOrderPage } from "./pages/new-order";
import { OrderPage } from "./pages/order";
import { OrdersPage } from "./pages/orders";
import { OverviewPage } from "./pages/overview";
import { PaymentPage } from "./pages/payment";
import { ProductPage } from "./pages/product";
import { openBrowser, Person } from "./stage/person";
import { RUN } from "./stage/settings";
import { inventory, orderOf, paymentOf, timesIn, until, usd, waitingOrder } from "./stage/system";

const CUSTOMER = `CUST-${RUN}`;
let browser: Browser;
let manager: Person;
let list: OrdersPage;
/** The order that goes all the way. */
let id: string;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("a manager looks at the list of a customer without orders", async () => {
  manager = await Person.as("manager", browser);
  list = new OrdersPage(manager);
  await manager.goto(`/orders?customer=${CUSTOMER}`);
  await manager.page.getByText("No order fits these filters").waitFor();
});

test("a customer orders, and the amounts are exact", async () => {
  const customer = await Person.as("customer", browser);
  const form = new NewOrderPage(customer);
  await form.open();
  await form.fill([
    { product: "PROD-002", quantity: "3", price: "0.10" },
    { product: "PROD-001", quantity: "1", price: "1299.99" },
  ]);
  await form.total().filter({ hasText: "1,300.29" }).waitFor();
  id = await form.send();
  const order = await orderOf(id);
  expect(order.customerId).toBe(CUSTOMER);
  expect(order.totalAmount).toMatchObject(usd(1300, 29));
  expect(order.items.map(({ quantity }) => quantity)).toEqual([3n, 1n]);
  await new OrderPage(customer).reaches("Awaits approval");
  expect(await new OrderPage(customer).action("Approve").count()).toBe(0);
  expect(customer.complaints).toEqual([]);
  await customer.leave();
});

test("the manager sees it come without a reload, and approves it by the keyboard", async () => {
  await list.reaches(id, "Awaits approval");
  await list.approveByKey(id);
  await list.reaches(id, "To ship");
  await expect(timesIn(id, OrderStatus.APPROVED)).resolves.toBe(1);
  await expect.poll(async () => (await paymentOf(id)).status).toBe(PaymentStatus.COMPLETED);
});

test("the manager rejects another with a reason", async () => {
  const other = await waitingOrder({ customer: CUSTOMER });
  await list.reaches(other, "Awaits approval");
  await list.rejectByKey(other, "The address does not exist");
  await list.reaches(other, "Rejected");
  expect(await orderOf(other)).toMatchObject({
    status: OrderStatus.REJECTED,
    reason: "The address does not exist",
  });
});

test("the manager approves several at once, with a result for each", async () => {
  const several = await Promise.all([1, 2, 3].map((price) => waitingOrder({ customer: CUSTOMER, price })));
  for (const each of several) await list.reaches(each, "Awaits approval");
  const results = await list.approveTogether(several);
  expect(results).toHaveLength(3);
  for (const result of results) expect(result).toContain("Approved");
  for (const each of several) expect(await timesIn(each, OrderStatus.APPROVED)).toBe(1);
});

test("the warehouse ships and delivers", async () => {
  const warehouse = await Person.as("warehouse", browser);
  const order = new OrderPage(warehouse);
  await order.open(id);
  await order.reaches("To ship");
  await order.ship("DHL", "JD0142");
  await order.reaches("Shipped");
  await order.deliver();
  await order.reaches("Delivered");
  await until(id, OrderStatus.DELIVERED);
  expect(await orderOf(id)).toMatchObject({ carrier: "DHL", trackingNumber: "JD0142" });
  expect(warehouse.complaints).toEqual([]);
  await warehouse.leave();
});

test("finance refunds a part, and then the rest", async () => {
  const finance = await Person.as("finance", browser);
  const payment = new PaymentPage(finance);
  await payment.find(id);
  await payment.refund("one came broken", "0.10");
  await payment.reaches("Partly refunded");
  expect((await paymentOf(id)).refundedAmount).toMatchObject(usd(0, 10));
  await payment.refund("all came broken");
  await finance
    .heading()
    .filter({ hasText: /^(?!.*Partly).*Refunded/ })
    .waitFor();
  expect(await paymentOf(id)).toMatchObject({
    status: PaymentStatus.REFUNDED,
    refundedAmount: usd(1300, 29),
  });
  expect(finance.complaints).toEqual([]);
  await finance.leave();
});

test("the warehouse books goods that came in", async () => {
  const stock = async () => {
    const { product } = await inventory.getProduct({ productId: "PROD-003" });
    return product?.stock.find(({ location }) => location === "MAIN")?.onHand ?? 0n;
  };
  const before = await stock();
  const warehouse = await Person.as("warehouse", browser);
  const product = new ProductPage(warehouse);
  await product.open("PROD-003");
  await product.receive("5", `Delivery ${RUN}`);
  await product.movement(`Delivery ${RUN}`).filter({ hasText: "+5" }).waitFor();
  expect(await stock()).toBe(before + 5n);
  expect(warehouse.complaints).toEqual([]);
  await warehouse.leave();
});

test("the auditor runs the audit", async () => {
  const auditor = await Person.as("auditor", browser);
  const overview = new OverviewPage(auditor);
  await overview.open();
  const results = await overview.audit();
  expect(results).toHaveLength(3);
  for (const result of results) expect(result).toMatch(/checked, no findings/);
  expect(auditor.complaints).toEqual([]);
  expect(manager.complaints).toEqual([]);
});
