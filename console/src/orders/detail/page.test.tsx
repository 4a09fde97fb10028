import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Role } from "~/api/roles";
import { OrderEventKind, OrderStatus } from "~/gen/oms/orders/v1/orders_pb";
import { becomes, heading, open } from "../../../test/harness";
import { aProduct } from "../../../test/inventory";
import { anOrder, dollars, idOf, moved, tooLate, waiting } from "../../../test/orders";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";

const path = `/orders/${idOf(1)}`;
const texts = (within: HTMLElement[]) => within.map((element) => element.textContent);
const button = (name: RegExp | string) => screen.findByRole("button", { name });

describe("an order", () => {
  it("has its lines, with names and sums", async () => {
    const items = [
      { productId: "PROD-001", quantity: 2n, price: dollars(1_299n) },
      { productId: "PROD-005", quantity: 3n, price: dollars(40n) },
    ];
    const system = new System(waiting(1, { items, totalAmount: dollars(2_718n) }));
    system.inventory.products = [aProduct("PROD-001", "Laptop")];
    await open(path, system);
    const lines = await screen.findByRole("region", { name: "Lines" });
    await within(lines).findByText("Laptop");
    const rows = within(lines).getAllByRole("row").slice(1);
    expect(rows.map((row) => texts(within(row).getAllByRole("gridcell")))).toEqual([
      ["1", "LaptopPROD-001", "2", "1,299.00USD", "2,598.00USD"],
      ["2", "PROD-005", "3", "40.00USD", "120.00USD"],
    ]);
    expect(lines.textContent).toContain("Total2,718.00USD");
    expect(heading()).toContain("2,718.00USD");
  });

  it("says what happened, who did it and when, also while one looks", async () => {
    const system = new System(waiting(1));
    await open(path, system);
    const history = await screen.findByRole("list", { name: "What happened" });
    const happened = () =>
      within(history)
        .getAllByRole("listitem")
        .map((item) => [item.textContent, item.querySelector("time")?.dateTime]);
    await waitFor(() => expect(happened()).toHaveLength(3));
    system.put(
      moved(system.get(idOf(1)), {
        status: OrderStatus.REJECTED,
        actor: "manager:alice",
        reason: "twice the same",
      }),
    );
    await becomes("Rejected");
    expect(happened()).toEqual([
      [expect.stringMatching(/^Created.*shop · Customer$/), "2026-03-03T10:00:00.000Z"],
      [expect.stringMatching(/^Being checked\+1 min[\d:]+$/), "2026-03-03T10:01:00.000Z"],
      [expect.stringMatching(/^Awaits approval\+1 min[\d:]+$/), "2026-03-03T10:02:00.000Z"],
      [expect.stringMatching(/^Rejected.*twice the samealice · Manager$/), "2026-03-03T10:03:00.000Z"],
    ]);
  });

  it("reads what an event does not say until it can be read", async () => {
    const happened = [{ status: OrderStatus.APPROVED }, { status: OrderStatus.PAYMENT_PENDING }];
    const system = new System(anOrder(1, { happened }));
    await open(path, system);
    await screen.findByRole("region", { name: "Lines" });
    let refusals = 2;
    system.calling = (method) => {
      if (method === "GetOrder" && refusals > 0) {
        refusals--;
        throw away();
      }
    };
    system.put({ ...moved(system.get(idOf(1)), { status: OrderStatus.CANCELLED }), unwinding: true });
    await becomes("Cancelled");
    await screen.findByRole("region", { name: "Being undone" }, { timeout: 5_000 });
    expect(refusals).toBe(0);
  });

  it("says what is being undone, and what is left of it", async () => {
    const cancelled = anOrder(1, {
      unwinding: true,
      happened: [
        { status: OrderStatus.PENDING_APPROVAL },
        { status: OrderStatus.APPROVED },
        { status: OrderStatus.PAYMENT_PENDING },
        { status: OrderStatus.PAYMENT_COMPLETED },
        { status: OrderStatus.CANCELLED },
        { kind: OrderEventKind.STEP_UNDONE, reason: "commit: 1 piece is back" },
        { kind: OrderEventKind.UNDO_DELAYED, reason: "charge: the provider is away" },
      ],
    });
    const system = new System(cancelled);
    await open(path, system);
    const undoing = await screen.findByRole("region", { name: "Being undone" });
    const steps = () => texts(within(undoing).getAllByRole("listitem"));
    expect(steps()).toEqual([
      "Stock that was taken undone · 1 piece is back",
      "Charge takes long and is tried on · the provider is away",
      "Held stock comes after",
    ]);
    system.put(
      moved(cancelled, { kind: OrderEventKind.STEP_UNDONE, reason: "charge: 10.00 USD were refunded" }),
    );
    await waitFor(() =>
      expect(steps().slice(1)).toEqual([
        "Charge undone · 10.00 USD were refunded",
        "Held stock is being undone",
      ]),
    );
  });

  it("shows the refusal of a decision that came too late, in the server's words", async () => {
    const system = new System(waiting(1));
    system.before = ({ orderId = "" }) => {
      system.put(moved(system.get(orderId), { status: OrderStatus.REJECTED, actor: "manager:bob" }));
      throw tooLate(orderId, "REJECTED");
    };
    const page = await open(path, system);
    await page.click(await button(/^Approve/));
    const alert = await screen.findByRole("alert");
    expect(texts(within(alert).getAllByText(/./))).toEqual([
      "Not possible in the present state",
      `order ${idOf(1)} is REJECTED`,
      "ORDER_STATE · now: REJECTED",
    ]);
    await becomes("Rejected");
    expect(screen.getByRole("alert").textContent).toContain("is REJECTED");
    expect(screen.queryByRole("button", { name: /^Approve/ })).toBeNull();
  });

  it("offers a role only what it may do in this state", async () => {
    const offered = async (role: Role, status: OrderStatus) => {
      const system = new System(moved(waiting(1), { status }));
      const page = await open(path, system, role);
      await screen.findByRole("region", { name: "Lines" });
      const names = ["Approve", "Reject", "Ship", "Delivered", "Cancel order"];
      const found = names.filter((name) => screen.queryByRole("button", { name: new RegExp(`^${name}`) }));
      if (!found.includes("Approve")) await page.press("ar");
      expect(system.asked).toEqual([]);
      page.close();
      return found;
    };
    expect(await offered("manager", OrderStatus.PENDING_APPROVAL)).toEqual([
      "Approve",
      "Reject",
      "Cancel order",
    ]);
    expect(await offered("manager", OrderStatus.PROCESSING)).toEqual(["Cancel order"]);
    expect(await offered("warehouse", OrderStatus.PENDING_APPROVAL)).toEqual([]);
    expect(await offered("warehouse", OrderStatus.PROCESSING)).toEqual(["Ship"]);
    expect(await offered("customer", OrderStatus.PENDING_APPROVAL)).toEqual(["Cancel order"]);
    expect(await offered("auditor", OrderStatus.SHIPPED)).toEqual([]);
  });

  it("does not send an action twice that is under way, also after a reload", async () => {
    const system = new System(waiting(1));
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    system.before = () => held;
    const page = await open(path, system);
    await page.click(await button(/^Approve/));
    const approve = await button(/^Approve/);
    expect(approve).toHaveProperty("disabled", true);
    await page.press("aa");
    await page.click(approve);
    expect(system.asked).toHaveLength(1);

    const again = await page.reload();
    const note = await screen.findByText("Approve: Sent, but the answer never came");
    // Another press is another attempt at the same.
    await again.press("a");
    expect(await button(/^Approve/)).toHaveProperty("disabled", true);
    expect(note.isConnected).toBe(false);
    expect(system.asked).toHaveLength(2);
    expect(new Set(system.asked.map(({ requestId }) => requestId)).size).toBe(1);

    answer();
    await becomes("Approved");
    expect(system.get(idOf(1)).timeline.filter(({ status }) => status === OrderStatus.APPROVED)).toHaveLength(
      1,
    );
    expect(screen.queryByText(/the answer never came/)).toBeNull();
  });

  it("asks again for what was asked, whatever was typed since", async () => {
    const system = new System(waiting(1));
    system.before = () => new Promise(() => {});
    const page = await open(path, system);
    await page.click(await button(/^Reject/));
    const dialog = () => within(screen.getByRole("dialog", { name: "Reject the order" }));
    await page.fill(dialog().getByLabelText(/^Reason/), "twice the same{Enter}");
    await waitFor(() => expect(system.asked).toHaveLength(1));

    system.before = () => {};
    const again = await page.reload();
    await again.click(await button(/^Reject/));
    await again.fill(dialog().getByLabelText(/^Reason/), "another{Enter}");
    expect(dialog().getByRole("button", { name: "Reject" })).toHaveProperty("disabled", true);
    expect(dialog().getByText("Reject: Sent, but the answer never came")).toBeTruthy();
    await again.click(dialog().getByRole("button", { name: "Ask again" }));
    await becomes("Rejected");
    expect(system.asked[1]).toEqual(system.asked[0]);
    expect(system.get(idOf(1)).reason).toBe("twice the same");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});
