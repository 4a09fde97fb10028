import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OrderStatus, PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import { OrderPage } from "./pages/order";
import { OrdersPage } from "./pages/orders";
import { openBrowser, Person } from "./stage/person";
import { CONTROL, RUN } from "./stage/settings";
import { control, decide, timesIn, until, waitingOrder } from "./stage/system";

const CUSTOMER = `OUTAGE-${RUN}`;
let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const lost = (person: Person) => person.page.getByRole("status").getByText(/^No connection for/);

describe.skipIf(!CONTROL)("processes are killed under an open page", () => {
  test("the gateway: it shows, what was typed is kept, and the list catches up", async () => {
    const known = await waitingOrder({ customer: CUSTOMER });
    const manager = await Person.as("manager", browser);
    const list = new OrdersPage(manager);
    await list.open(CUSTOMER);
    await list.reaches(known, "Awaits approval");
    await list.walkTo(known);
    await manager.page.keyboard.press("r");
    const reason = manager.page.getByRole("dialog").getByLabel(/^Reason/);
    await reason.fill("half a sen");

    await control("gateway", "kill");
    await lost(manager).waitFor();
    const missed = await Promise.all([1, 2, 3].map((price) => waitingOrder({ customer: CUSTOMER, price })));
    await decide("reject", missed[0] ?? "");
    expect(await reason.inputValue()).toBe("half a sen");
    await control("gateway", "start");
    await lost(manager).waitFor({ state: "detached" });
    await manager.live();
    expect(await reason.inputValue()).toBe("half a sen");
    await manager.page.keyboard.press("Escape");

    await list.reaches(missed[0] ?? "", "Rejected");
    await list.reaches(missed[2] ?? "", "Awaits approval");
    const shown = await list.ids();
    expect([...shown].sort()).toEqual([known, ...missed].sort());
    await manager.leave();
  });

  test("the orders service: an approval meanwhile happens once it is back, and once only", async () => {
    const id = await waitingOrder({ customer: CUSTOMER, method: PaymentMethod.UNSPECIFIED });
    const manager = await Person.as("manager", browser);
    const order = new OrderPage(manager);
    await order.open(id);
    await order.reaches("Awaits approval");
    await control("orders", "kill");
    await order.action("Approve").click();
    await lost(manager).waitFor();
    expect(await order.action("Approve").isDisabled()).toBe(true);
    await control("orders", "start");
    await order.reaches("Approved");
    await lost(manager).waitFor({ state: "detached" });
    await until(id, OrderStatus.APPROVED);
    expect(await timesIn(id, OrderStatus.APPROVED)).toBe(1);
    await manager.leave();
  });

  test("the same over a reload: the intent is kept, and asking again is safe", async () => {
    const id = await waitingOrder({ customer: CUSTOMER, method: PaymentMethod.UNSPECIFIED });
    const manager = await Person.as("manager", browser);
    const order = new OrderPage(manager);
    await order.open(id);
    // It is done, and nobody hears of it.
    await manager.page.route(/ApproveOrder$/, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await order.action("Approve").click();
    await until(id, OrderStatus.APPROVED);
    await control("orders", "kill");
    await manager.page.unroute(/ApproveOrder$/);
    await manager.page.reload();
    await control("orders", "start");
    const note = manager.page.getByRole("status").filter({ hasText: "the answer never came" });
    await note.getByRole("button", { name: "Ask again" }).click();
    await note.waitFor({ state: "detached" });
    await order.reaches("Approved");
    expect(await order.refusal().count()).toBe(0);
    expect(await timesIn(id, OrderStatus.APPROVED)).toBe(1);
    await manager.leave();
  });
});
