import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Role } from "~/api/roles";
import { MovementType } from "~/gen/oms/inventory/v1/inventory_pb";
import { nextRound, stopClock } from "../../../test/clock";
import { heading, open } from "../../../test/harness";
import { aMovement, aProduct, reservationIdOf } from "../../../test/inventory";
import { BEGINNING } from "../../../test/orders";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { cells } from "../../../test/tables";

const path = "/inventory/products/PROD-001";

function shop(): System {
  const system = new System();
  system.inventory.products = [
    aProduct("PROD-001", "Laptop", ["MAIN", 1_050n, 5n, 3n], ["NORTH", 4n, 1n]),
    aProduct("PROD-005", "Mouse", ["MAIN", 5n]),
  ];
  return system;
}

const table = async (name: string) => cells(await screen.findByRole("table", { name }));
const movements = () => table("Movements");

describe("a product", () => {
  it("says where it is, and what it is for", async () => {
    const system = shop();
    const page = await open(path, system);
    expect(await table("Stock")).toEqual([
      ["MAIN", "", "1,050", "1,042", "3", "5"],
      ["NORTH", "", "4", "3", "0", "1"],
      ["Total", "", "1,054", "1,045", "3", "6"],
    ]);
    expect(heading()).toBe("LaptopPROD-001");
    expect(screen.queryByText(/^Low stock/)).toBeNull();

    system.inventory.stock("PROD-001", ["MAIN", 14n, 4n, 1n]);
    const again = await page.reload();
    expect(await table("Stock")).toEqual([["MAIN", "", "14", "9", "1", "4"]]);
    expect(heading()).toBe("LaptopPROD-001Low stock");
    expect(screen.getByText(/^Low stock: fewer than 10 pieces/)).toBeTruthy();

    system.inventory.stock("PROD-001");
    await again.reload();
    expect(await screen.findByText("Nothing of it was ever booked in.")).toBeTruthy();
    expect(heading()).toBe("LaptopPROD-001None left");
    expect(await screen.findByText("Nothing was booked yet.")).toBeTruthy();
  });

  it("says what was booked, by whom and why", async () => {
    const system = shop();
    const reservationId = reservationIdOf(1);
    system.inventory.movements = [
      aMovement(MovementType.COMMIT, -2n, { reservationId, actor: "system" }),
      aMovement(MovementType.HOLD_BACK, 5n, {
        location: "NORTH",
        reason: "for the fair",
        actor: "warehouse:wim",
      }),
      aMovement(MovementType.RECEIPT, 1_200n, { actor: "warehouse:" }),
    ];
    await open(path, system, "warehouse");
    expect(await movements()).toEqual([
      ["10:00", "Taken for an order", "−2", "MAIN", " 00000000…000001", "system"],
      ["10:00", "Held back", "+5", "NORTH", "for the fair ", "wim · Warehouse"],
      ["10:00", "Receipt", "+1,200", "MAIN", " ", "Warehouse"],
    ]);
    const links = within(screen.getByRole("table", { name: "Movements" })).getAllByRole("link");
    expect(links.map(({ title }) => title)).toContain(reservationId);
  });

  it("shows the movements of one location, and as many as one wants to see", async () => {
    const system = shop();
    const of = (n: number) =>
      aMovement(MovementType.RECEIPT, BigInt(60 - n), n < 55 ? {} : { location: "NORTH" });
    system.inventory.movements = Array.from({ length: 60 }, (_, n) => of(n));
    const page = await open(path, system);
    await waitFor(async () => expect(await movements()).toHaveLength(50));
    await page.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(async () => expect((await movements()).at(-1)?.[2]).toBe("+1"));
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();

    await page.click(screen.getByRole("button", { name: "Location" }));
    await page.click(await screen.findByRole("menuitemradio", { name: "NORTH" }));
    await waitFor(async () =>
      expect((await movements()).map(([, , pieces]) => pieces)).toEqual(["+5", "+4", "+3", "+2", "+1"]),
    );
    await page.click(screen.getByRole("button", { name: "Clear: Location" }));
    await waitFor(async () => expect((await movements())[0]?.[2]).toBe("+60"));
  });

  it("follows its stock, and then also what was booked", async () => {
    stopClock(BEGINNING);
    const system = shop();
    system.inventory.movements = [aMovement(MovementType.RECEIPT, 1_050n)];
    await open(path, system);
    await waitFor(async () => expect(await movements()).toHaveLength(1));
    system.inventory.movements = [aMovement(MovementType.DAMAGE, -50n), ...system.inventory.movements];
    system.inventory.stock("PROD-001", ["MAIN", 1_000n, 5n, 3n], ["NORTH", 4n, 1n]);
    await nextRound();
    await waitFor(async () => expect((await table("Stock"))[0]?.[2]).toBe("1,000"));
    await waitFor(async () => expect((await movements())[0]?.slice(1, 3)).toEqual(["Damage", "−50"]));
  });

  it("says what went wrong, each part for itself, and asks again", async () => {
    const system = shop();
    system.calling = (method) => {
      if (method === "ListMovements") throw away();
    };
    const page = await open(path, system);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("the database is away");
    expect(await table("Stock")).toHaveLength(3);
    system.calling = () => {};
    await page.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByText("Nothing was booked yet.");
    page.close();

    const other = await open("/inventory/products/PROD-009", system, "warehouse");
    const missing = await screen.findByRole("alert");
    expect(missing.textContent).toContain("This does not existunknown product: PROD-009");
    expect(heading()).toBe("PROD-009");
    await other.press("a");
    system.inventory.products = [aProduct("PROD-009", "Lamp", ["MAIN", 5n])];
    await other.click(within(missing).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(heading()).toContain("Lamp"));
    // When the key was pressed there was nothing to adjust.
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("offers a role only what it may do, and asks for nothing it may not see", async () => {
    const offered = async (role: Role) => {
      const system = shop();
      const page = await open(path, system, role);
      await table("Stock");
      const adjusts = screen.queryByRole("button", { name: /^Adjust stock/ }) !== null;
      await page.press("a");
      expect(screen.queryByRole("dialog") !== null).toBe(adjusts);
      const sees = screen.queryByRole("region", { name: "Movements" }) !== null;
      expect(system.called.includes("ListMovements")).toBe(sees);
      page.close();
      return [...(adjusts ? ["Adjust"] : []), ...(sees ? ["Movements"] : [])];
    };
    expect(await offered("warehouse")).toEqual(["Adjust", "Movements"]);
    expect(await offered("manager")).toEqual(["Movements"]);
    expect(await offered("auditor")).toEqual(["Movements"]);
    expect(await offered("finance")).toEqual([]);
    expect(await offered("customer")).toEqual([]);
  });
});
