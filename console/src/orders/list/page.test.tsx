import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { open } from "../../../test/harness";
import { idOf, moved, tooLate, waiting } from "../../../test/orders";
import { System } from "../../../test/system";

/** The row of an order, as it is now. */
async function row(n: number): Promise<HTMLElement> {
  const link = await screen.findByTitle(idOf(n));
  return link.closest<HTMLElement>("[role=row]") ?? expect.unreachable("the link is in no row");
}
const shown = () => screen.getAllByRole("link", { name: /^0{8}…/ }).map((link) => link.title);
const says = (n: number, text: string) =>
  waitFor(async () => expect((await row(n)).textContent).toContain(text));

describe("the list of orders", () => {
  it("shows what fits the filters, and keeps them in the address", async () => {
    const shipped = moved(waiting(2), { status: OrderStatus.SHIPPED });
    const page = await open("/orders?customer=CUST-1", new System(waiting(1), shipped));
    await says(1, "Awaits approval");
    expect((await row(1)).textContent).toContain("10.00USD");
    expect(shown()).toEqual([idOf(1)]);

    await page.click(screen.getByRole("link", { name: /^Under way/ }));
    expect(await screen.findByText("No order fits these filters")).toBeTruthy();
    const status = "APPROVED,PAYMENT_PENDING,PAYMENT_COMPLETED,SHIPPED";
    expect(page.address()).toBe(`/orders?customer=CUST-1&status=${status}`);

    await page.fill(screen.getByRole("searchbox", { name: "Customer" }), "CUST-2{Enter}");
    await says(2, "Shipped");
    expect(shown()).toEqual([idOf(2)]);
    expect(page.address()).toBe(`/orders?customer=CUST-2&status=${status}`);

    const again = await page.reload();
    await says(2, "Shipped");
    expect(again.address()).toBe(page.address());
    expect(shown()).toEqual([idOf(2)]);
  });

  it("follows what changes, without being asked", async () => {
    const system = new System(waiting(1), waiting(2));
    await open("/orders", system);
    await says(1, "Awaits approval");
    system.put(moved(system.get(idOf(1)), { status: OrderStatus.APPROVED }));
    await says(1, "Approved");
    system.put(waiting(3));
    await says(3, "Awaits approval");
    expect(shown()).toEqual([idOf(3), idOf(2), idOf(1)]);
  });

  it("keeps a row that no longer fits where it is, dimmed, until somebody tidies up", async () => {
    const system = new System(waiting(1), waiting(2), waiting(3));
    const page = await open("/orders?status=PENDING_APPROVAL", system);
    await says(2, "Awaits approval");
    system.put(moved(system.get(idOf(2)), { status: OrderStatus.APPROVED }));
    await says(2, "Approved");
    expect(shown()).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect((await row(2)).className).toContain("opacity");
    expect((await row(1)).className).not.toContain("opacity");

    await page.click(screen.getByRole("button", { name: "Tidy up" }));
    await waitFor(() => expect(shown()).toEqual([idOf(3), idOf(1)]));
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("3");
    expect(screen.queryByRole("button", { name: "Tidy up" })).toBeNull();
  });

  it("approves by a key, and goes on to the next", async () => {
    const system = new System(waiting(1), waiting(2), waiting(3));
    const page = await open("/orders", system);
    await row(3);
    await page.press("{ArrowDown}{ArrowDown}a");
    await says(2, "Approved");
    expect(system.asked).toMatchObject([{ method: "approve", orderId: idOf(2), reason: "" }]);
    expect((await row(1)).dataset.cursor).toBeDefined();
    // There is nothing to decide on here any more.
    await page.press("{ArrowUp}a");
    expect(system.asked).toHaveLength(1);
  });

  it("asks for the reason of a rejection", async () => {
    const system = new System(waiting(1));
    const page = await open("/orders", system);
    await row(1);
    await page.press("{ArrowDown}r");
    const dialog = screen.getByRole("dialog", { name: "Reject the order" });
    expect(system.asked).toEqual([]);
    await page.fill(within(dialog).getByLabelText(/^Reason/), "twice the same");
    await page.press("{Enter}");
    await says(1, "Rejected");
    expect(system.asked).toMatchObject([{ method: "reject", orderId: idOf(1), reason: "twice the same" }]);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect((await row(1)).textContent).toContain("twice the same");
  });

  it("decides on many at once, and says of each what came of it", async () => {
    const system = new System(waiting(1), waiting(2), waiting(3), waiting(4));
    system.before = ({ orderId = "" }) => {
      if (orderId === idOf(2)) throw tooLate(orderId, "CANCELLED");
    };
    const page = await open("/orders", system);
    await row(4);
    // All but the last.
    await page.press("{ArrowDown} {ArrowDown} {ArrowDown} a");
    const dialog = () => screen.getByRole("dialog", { name: "Approve 3 orders" });
    expect(dialog().textContent).toContain("Together30.00");
    await page.click(within(dialog()).getByRole("button", { name: "Approve" }));
    await screen.findByText("2 of 3 done");
    expect(
      within(dialog())
        .getAllByRole("listitem")
        .map((item) => item.textContent),
    ).toEqual([
      "00000000…000004Approved",
      "00000000…000003Approved",
      `00000000…000002order ${idOf(2)} is CANCELLED ORDER_STATE`,
    ]);
    expect(system.asked.map(({ orderId }) => orderId)).toEqual([4, 3, 2].map(idOf));

    await page.click(within(dialog()).getByRole("button", { name: "Done" }));
    expect(screen.queryByRole("toolbar")).toBeNull();
    expect((await row(1)).textContent).toContain("Awaits approval");
  });

  it("offers a role only what it may do", async () => {
    const system = new System(waiting(1));
    const page = await open("/orders", system, "warehouse");
    await row(1);
    expect(screen.queryByRole("link", { name: "New order" })).toBeNull();
    expect(screen.queryByRole("checkbox")).toBeNull();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
    await page.press("{ArrowDown}ar");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(system.asked).toEqual([]);
    expect(page.address()).toBe("/orders");
  });
});
