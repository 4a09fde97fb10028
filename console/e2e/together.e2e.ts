import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderStatus, PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import { OrderPage } from "./pages/order";
import { measured } from "./stage/limits";
import { openBrowser, Person } from "./stage/person";
import { orderOf, orders, timesIn, waitingOrder } from "./stage/system";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

async function two(orderId: string) {
  const people = await Promise.all([1, 2].map(() => Person.as("manager", browser)));
  const pages = people.map((person) => new OrderPage(person));
  for (const page of pages) {
    await page.open(orderId);
    await page.reaches("Awaits approval");
  }
  return { people, pages };
}

test("a second page sees a decision within a second", async () => {
  const id = await waitingOrder({ customer: "CUST-TWO", method: PaymentMethod.UNSPECIFIED });
  const { people, pages } = await two(id);
  const [first, second] = pages;
  await first?.action("Reject").click();
  const dialog = people[0]?.page.getByRole("dialog");
  const began = performance.now();
  await Promise.all([dialog?.getByRole("button", { name: "Reject" }).click(), second?.reaches("Rejected")]);
  measured("a decision seen by a second page", performance.now() - began, 1_000);
  expect(await second?.action("Approve").count()).toBe(0);
  await Promise.all(people.map((person) => person.leave()));
});

test("the decision that loses is explained in the server's words, with the state", async () => {
  const id = await waitingOrder({ customer: "CUST-TWO", method: PaymentMethod.UNSPECIFIED });
  const { people, pages } = await two(id);
  const [winner, loser] = pages;
  // Its stream says nothing more, as where the news is on its way while somebody decides.
  const page = people[1]?.page;
  await page?.getByRole("main").getByRole("button", { name: "Reject" }).click();
  const dialog = page?.getByRole("dialog");
  await winner?.action("Approve").click();
  await winner?.reaches("Approved");
  await dialog?.getByRole("button", { name: "Reject" }).click();
  const refusal = loser?.refusal().first();
  await refusal?.waitFor();
  const words = (await refusal?.textContent()) ?? "";
  const answer = await orders
    .rejectOrder({ orderId: id, requestId: "loser" })
    .catch((error) => error.rawMessage);
  expect(words).toContain(answer);
  expect(words).toContain("ORDER_STATE");
  expect(words).toContain("APPROVED");
  expect((await orderOf(id)).status).toBe(OrderStatus.APPROVED);
  expect(await timesIn(id, OrderStatus.APPROVED)).toBe(1);
  await Promise.all(people.map((person) => person.leave()));
});
