import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { MovementType } from "~/gen/oms/inventory/v1/inventory_pb";
import { closed, open, type Page } from "../../../test/harness";
import { aProduct, reservationIdOf } from "../../../test/inventory";
import { invalid, refused } from "../../../test/refusals";
import { System } from "../../../test/system";
import { cells, faultOf } from "../../../test/tables";

function shop(): System {
  const system = new System();
  system.inventory.products = [aProduct("PROD-001", "Laptop", ["MAIN", 50n, 5n, 3n], ["NORTH", 4n, 1n])];
  return system;
}

const dialog = () => within(screen.getByRole("dialog", { name: "Adjust stock: Laptop" }));
const radio = (name: RegExp) => dialog().getByRole("radio", { name });
const pieces = () => dialog().getByLabelText(/^Pieces/, { selector: "input:not([type=radio])" });
const place = () => dialog().getByLabelText(/^Location/);
const reservation = () => dialog().getByLabelText(/^Reservation/);
const reason = () => dialog().getByLabelText(/^Reason/);
const go = () => dialog().getByRole("button", { name: "Adjust stock" });
const move = (location: string) => userEvent.selectOptions(place(), location);
/** What the stock will be: on hand, held back, reserved and available. */
const preview = () =>
  dialog()
    .getAllByRole("definition")
    .map(({ textContent }) => textContent);

async function begin(system: System): Promise<Page> {
  const page = await open("/inventory/products/PROD-001", system, "warehouse");
  await page.click(await screen.findByRole("button", { name: /^Adjust stock/ }));
  return page;
}

describe("an adjustment of stock", () => {
  it("says beforehand what it comes to, and is booked so", async () => {
    const system = shop();
    const page = await begin(system);
    expect(preview()).toEqual(["50", "5", "3", "42"]);
    await page.fill(pieces(), "1,000");
    expect(preview()).toEqual(["50 → 1,050", "5", "3", "42 → 1,042"]);
    await page.fill(reason(), " a delivery ");
    expect(system.asked).toEqual([]);
    await page.press("{Enter}");
    await closed();
    const type = MovementType.RECEIPT;
    expect(system.asked).toMatchObject([
      {
        productId: "PROD-001",
        location: "MAIN",
        quantity: 1_000n,
        type,
        reason: "a delivery",
        reservationId: "",
      },
    ]);
    expect(await screen.findByText("MAIN: 1,050 on hand, 1,042 available")).toBeTruthy();
    const stock = async () => cells(await screen.findByRole("table", { name: "Stock" }))[0];
    await waitFor(async () => expect(await stock()).toEqual(["MAIN", "", "1,050", "1,042", "3", "5"]));
    const moved = await screen.findByRole("table", { name: "Movements" });
    expect(moved.textContent).toContain("a delivery");

    // Nothing of the one before is left in the dialog.
    await page.press("a");
    expect([pieces(), reason()].map((field) => (field as HTMLInputElement).value)).toEqual(["", ""]);
  });

  it("has the sign that its type and direction say", async () => {
    const system = shop();
    const page = await begin(system);
    const book = async () => {
      await page.click(go());
      await closed();
      await page.press("a");
    };
    await page.click(radio(/^Damage/));
    expect(dialog().queryByRole("radio", { name: /^More/ })).toBeNull();
    await page.fill(pieces(), "2");
    await move("NORTH");
    expect(preview()).toEqual(["4 → 2", "1", "0", "3 → 1"]);
    await book();
    await page.click(radio(/^Correction/));
    await page.click(radio(/^Fewer than booked/));
    await page.fill(pieces(), "1");
    await book();
    await page.click(radio(/^Held back/));
    await page.fill(pieces(), "4");
    expect(preview()).toEqual(["49", "5 → 9", "3", "41 → 37"]);
    await book();
    await page.click(radio(/^Held back/));
    await page.click(radio(/^Free for sale/));
    await page.fill(pieces(), "9");
    expect(preview()).toEqual(["49", "9 → 0", "3", "37 → 46"]);
    await book();
    expect(system.asked).toMatchObject([
      { type: MovementType.DAMAGE, location: "NORTH", quantity: -2n },
      { type: MovementType.CORRECTION, location: "MAIN", quantity: -1n },
      { type: MovementType.HOLD_BACK, quantity: 4n },
      { type: MovementType.HOLD_BACK, quantity: -9n },
    ]);
  });

  it("of pieces that came back names their reservation", async () => {
    const system = shop();
    const page = await begin(system);
    await page.click(radio(/^Restock/));
    await page.fill(pieces(), "2");
    await page.fill(reservation(), "res_1");
    await page.click(go());
    expect(faultOf(reservation())).toBe("This is not a reservation's id");
    await page.fill(reservation(), ` ${reservationIdOf(1)} `);
    await page.click(go());
    await closed();
    const reservationId = reservationIdOf(1);
    expect(system.asked).toMatchObject([{ type: MovementType.RESTOCK, quantity: 2n, reservationId }]);
  });

  it("may create a location, but only by a receipt", async () => {
    const system = shop();
    const page = await begin(system);
    await page.fill(place(), "SOUTH");
    expect(dialog().getByText("A new location: the receipt creates it.")).toBeTruthy();
    await page.fill(pieces(), "7");
    expect(preview()).toEqual(["0 → 7", "0", "0", "0 → 7"]);
    await page.click(go());
    await closed();
    expect(system.asked).toMatchObject([{ location: "SOUTH", quantity: 7n }]);
    await page.press("a");
    await page.click(radio(/^Damage/));
    const offered = within(place()).getAllByRole("option");
    expect(offered.map(({ textContent }) => textContent)).toEqual(["MAIN", "NORTH", "SOUTH"]);
  });

  it("is checked before it is sent", async () => {
    const system = shop();
    const page = await begin(system);
    // Nobody is told of what they have not had time to fill in.
    expect([pieces(), place()].map(faultOf)).toEqual([undefined, undefined]);
    await page.fill(place(), " ");
    for (const [text, fault] of [
      ["0", "How many pieces?"],
      ["1.5", "A whole number of pieces"],
      ["-3", "A whole number of pieces"],
      ["1000001", "At most 1,000,000 at a time"],
    ] as const) {
      await page.fill(pieces(), text);
      await page.click(go());
      expect(faultOf(pieces())).toBe(fault);
    }
    expect(faultOf(place())).toBe("Where?");
    await waitFor(() => expect(document.activeElement).toBe(pieces()));
    await page.fill(pieces(), "1000000");
    expect(faultOf(pieces())).toBeUndefined();
    await page.click(go());
    expect(system.asked).toEqual([]);
  });

  it("warns of what the stock does not allow, and leaves it to the server", async () => {
    const system = shop();
    const page = await begin(system);
    await page.click(radio(/^Damage/));
    await page.fill(pieces(), "43");
    const broken = "Fewer pieces would be on hand than are held back and reserved.";
    expect(dialog().getByText(broken)).toBeTruthy();
    expect(preview()).toEqual(["50 → 7", "5", "3", "42 → −1"]);
    await page.fill(reason(), "water");

    const why = "7 would be on hand, and 5 are held back and 3 reserved";
    const words = `the stock of PROD-001 at MAIN can't be changed so: ${why}`;
    system.before = () => {
      throw refused("STOCK_INVARIANT", words, {}, { quantity: why });
    };
    await page.click(go());
    const alert = await dialog().findByRole("alert");
    expect(alert.textContent).toContain(`Not possible in the present state${words}`);
    expect(alert.textContent).toContain("STOCK_INVARIANT");
    expect(alert.textContent).toContain("Pieces that are reserved or held back can't leave.");
    expect(radio(/^Damage/)).toHaveProperty("checked", true);
    expect(pieces()).toHaveProperty("value", "43");
    expect(reason()).toHaveProperty("value", "water");

    system.before = () => {};
    await page.fill(pieces(), "42");
    expect(dialog().queryByText(broken)).toBeNull();
    await page.click(go());
    await closed();
    expect(system.asked[1]).toMatchObject({ quantity: -42n, reason: "water" });
    expect(system.asked[1]?.requestId).not.toBe(system.asked[0]?.requestId);
  });

  it("shows what the server finds wrong at the field, and keeps what was typed", async () => {
    const system = shop();
    system.before = () => {
      throw invalid({ location: "must be in capitals", quantity: "must be a dozen", reason: "must be kind" });
    };
    const page = await begin(system);
    await page.fill(place(), "north");
    await page.fill(pieces(), "11");
    await page.fill(reason(), "bah{Enter}");
    await dialog().findByRole("alert");
    expect([place(), pieces(), reason()].map(faultOf)).toEqual([
      "must be in capitals",
      "must be a dozen",
      "must be kind",
    ]);
    await page.click(dialog().getByRole("button", { name: "Cancel" }));
    await closed();
    expect(screen.queryByRole("alert")).toBeNull();
    const again = await page.reload();
    await again.click(await screen.findByRole("button", { name: /^Adjust stock/ }));
    const typed = [place(), pieces(), reason()].map((field) => (field as HTMLInputElement).value);
    expect(typed).toEqual(["north", "11", "bah"]);
    expect(faultOf(place())).toBeUndefined();
  });

  it("is booked once, though nobody answered and the page was loaded again", async () => {
    const system = shop();
    system.before = () => new Promise(() => {});
    const page = await begin(system);
    await page.fill(pieces(), "10{Enter}");
    expect(go()).toHaveProperty("disabled", true);
    await page.press("{Enter}");
    await page.click(dialog().getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(system.asked).toHaveLength(1));

    system.before = () => {};
    const again = await page.reload();
    await screen.findByText("Adjust stock: Sent, but the answer never came");
    await again.press("a");
    await again.fill(pieces(), "20");
    expect(go()).toHaveProperty("disabled", true);
    await again.click(dialog().getByRole("button", { name: "Ask again" }));
    await closed();
    expect(system.asked[1]).toEqual(system.asked[0]);
    expect(system.inventory.product("PROD-001").stock[0]?.onHand).toBe(60n);
  });
});
