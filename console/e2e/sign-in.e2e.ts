import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { NewOrderPage } from "./pages/new-order";
import { OrderPage } from "./pages/order";
import { SignInPage } from "./pages/sign-in";
import { openBrowser, Person } from "./stage/person";
import { orderOf, waitingOrder } from "./stage/system";

let browser: Browser;
let id: string;
beforeAll(async () => {
  browser = await openBrowser();
  id = await waitingOrder({ customer: "CUST123" });
});
afterAll(() => browser?.close());

test("a manager signs in, comes to where she wanted to be, and signs out", async () => {
  const alice = await Person.arrive(browser);
  const door = new SignInPage(alice);
  await alice.page.goto(`/console/orders/${id}`);
  expect(await alice.page.getByText(id).count()).toBe(0);
  await door.signIn("Alice");
  const order = new OrderPage(alice);
  await order.reaches("Awaits approval");
  expect(new URL(alice.page.url()).pathname).toBe(`/console/orders/${id}`);
  expect(await alice.page.getByRole("button", { name: /^Local mode/ }).count()).toBe(0);
  // No script can read what she is signed in by.
  expect(await alice.page.evaluate(() => document.cookie)).toBe("");
  await order.action("Approve").click();
  await order.reaches("To ship");
  const actors = (await orderOf(id)).timeline.map(({ actor }) => actor);
  expect(actors).toContain("manager:alice");
  await door.signOut();
  await alice.goto("/orders");
  await alice.page.getByRole("link", { name: "Sign in" }).waitFor();
  expect(alice.complaints).toEqual([]);
  await alice.leave();
});

test("a person of the warehouse is offered what the role may do, and nothing else", async () => {
  const walter = await Person.arrive(browser);
  await walter.page.goto(`/console/orders/${id}`);
  await new SignInPage(walter).signIn("Walter");
  const order = new OrderPage(walter);
  await order.reaches("To ship");
  expect(await order.action("Ship").count()).toBe(1);
  expect(await order.action("Cancel order").count()).toBe(0);
  expect(await walter.page.getByRole("link", { name: "Payments" }).count()).toBe(0);
  await order.ship("DHL", "JD0142");
  await order.reaches("Shipped");
  expect((await orderOf(id)).status).toBe(OrderStatus.SHIPPED);
  expect(walter.complaints).toEqual([]);
  await walter.leave();
});

test("a session that ends in the middle of the work costs nothing that was typed", async () => {
  const alice = await Person.arrive(browser);
  const door = new SignInPage(alice);
  await alice.page.goto("/console/orders/new");
  await door.signIn("Alice");
  const form = new NewOrderPage(alice);
  const customer = alice.page.getByRole("textbox", { name: /^Customer/ });
  await customer.fill("CUST-KEPT");
  await form.fill([{ product: "PROD-001", quantity: "2", price: "12.50" }]);
  // As when it has run out.
  await alice.context.clearCookies();
  await alice.page.getByRole("button", { name: "Create order" }).click();
  await alice.page.getByRole("dialog", { name: "Your session is over" }).waitFor();
  await door.signIn("Alice");
  await alice.page.getByRole("button", { name: "Create order" }).waitFor();
  expect(await customer.inputValue()).toBe("CUST-KEPT");
  const { customerId, items } = await orderOf(await form.send());
  expect(customerId).toBe("CUST-KEPT");
  expect(items.map(({ productId, quantity }) => [productId, quantity])).toEqual([["PROD-001", 2n]]);
  await alice.leave();
});
