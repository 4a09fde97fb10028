import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { nextRound, stopClock } from "../../../test/clock";
import { open } from "../../../test/harness";
import { aProduct } from "../../../test/inventory";
import { BEGINNING } from "../../../test/orders";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { list, listed, scrollTo } from "../../../test/tables";

function shop(): System {
  const system = new System();
  system.inventory.products = [
    aProduct("PROD-001", "Laptop", ["MAIN", 1_050n, 5n, 3n], ["NORTH", 4n, 1n]),
    aProduct("PROD-004", "Samsung TV", ["MAIN", 12n, 2n, 1n]),
    aProduct("PROD-005", "Gaming Mouse", ["MAIN", 5n, 0n, 5n]),
  ];
  return system;
}

const names = () => listed().map(([name]) => name);
const shows = (...wanted: string[]) => waitFor(() => expect(names()).toEqual(wanted));
const LAPTOP = "LaptopPROD-001";
const TV = "Samsung TVPROD-004";
const MOUSE = "Gaming MousePROD-005";

describe("the list of products", () => {
  it("says how many there are, for what, where, and of which few are left", async () => {
    await open("/inventory", shop());
    await shows(LAPTOP, TV, MOUSE);
    expect(listed()).toEqual([
      [LAPTOP, "", "1,045", "1,054", "6", "3", "MAIN 1,042 · NORTH 3"],
      [TV, "Low stock", "9", "12", "2", "1", "MAIN 9"],
      [MOUSE, "None left", "0", "5", "–", "5", "MAIN 0"],
    ]);
  });

  it("shows what fits the filters, and keeps them in the address", async () => {
    const page = await open("/inventory", shop());
    await shows(LAPTOP, TV, MOUSE);
    const low = () => screen.getByRole("button", { name: "Low stock only" });
    await page.click(low());
    await shows(TV, MOUSE);
    expect(low().getAttribute("aria-pressed")).toBe("true");
    await page.press("/");
    await page.press("mouse{Enter}");
    await shows(MOUSE);
    expect(page.address()).toBe("/inventory?low=1&q=mouse");

    const again = await page.reload();
    await shows(MOUSE);
    await again.fill(screen.getByRole("searchbox"), "laptop{Enter}");
    expect(await screen.findByText("No product fits these filters")).toBeTruthy();
    await again.click(low());
    await shows(LAPTOP);
    await again.fill(screen.getByRole("searchbox"), "nothing of the kind{Enter}");
    await again.click(await screen.findByRole("button", { name: "Show all" }));
    await shows(LAPTOP, TV, MOUSE);
    expect(again.address()).toBe("/inventory");
    expect(screen.getByRole("searchbox")).toHaveProperty("value", "");
  });

  it("leads to a product, and back to where one was", async () => {
    const page = await open("/inventory?low=1", shop());
    await shows(TV, MOUSE);
    await page.click(screen.getByText("Samsung TV"));
    await waitFor(() => expect(page.address()).toBe("/inventory/products/PROD-004"));
    await page.click(await screen.findByRole("link", { name: "All products" }));
    await shows(TV, MOUSE);
    expect(page.address()).toBe("/inventory?low=1");
  });

  it("keeps the stock of what is seen up to date, also further down", async () => {
    stopClock(BEGINNING);
    const system = new System();
    const id = (n: number) => `PROD-${`${n}`.padStart(3, "0")}`;
    const many = Array.from({ length: 130 }, (_, n) => aProduct(id(n), `Product ${n}`, ["MAIN", 50n]));
    system.inventory.products = many;
    await open("/inventory", system);
    await waitFor(() => expect(listed()[0]?.[2]).toBe("50"));
    system.inventory.stock(id(0), ["MAIN", 50n, 0n, 45n]);
    await nextRound();
    await waitFor(() => expect(listed()[0]?.slice(1, 4)).toEqual(["Low stock", "5", "50"]));

    scrollTo(90);
    await screen.findByText("That is all");
    scrollTo(110);
    const last = () => listed().find(([name]) => name === `Product 129${id(129)}`);
    await waitFor(() => expect(last()?.[2]).toBe("50"));
    system.inventory.stock(id(129), ["MAIN", 7n]);
    await nextRound();
    await waitFor(() => expect(last()?.[2]).toBe("7"));
    expect(list().getAttribute("aria-rowcount")).toBe("131");
  });

  it("says that there are none, and what went wrong", async () => {
    const system = new System();
    system.calling = () => {
      throw away();
    };
    const page = await open("/inventory", system);
    expect((await screen.findByRole("alert")).textContent).toContain("the database is away");
    system.calling = () => {};
    await page.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No products yet")).toBeTruthy();
  });

  it("offers the reservations to those who may see them", async () => {
    const page = await open("/inventory", shop(), "finance");
    await shows(LAPTOP, TV, MOUSE);
    expect(screen.queryByRole("link", { name: "Reservations" })).toBeNull();
    page.close();
    const other = await open("/inventory", shop(), "warehouse");
    await other.click(await screen.findByRole("link", { name: "Reservations" }));
    expect(await screen.findByText("No reservations yet")).toBeTruthy();
    expect(other.address()).toBe("/inventory/reservations");
  });
});
