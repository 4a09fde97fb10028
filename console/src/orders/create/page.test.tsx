import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { open, type Page } from "../../../test/harness";
import { aProduct } from "../../../test/inventory";
import { idOf } from "../../../test/orders";
import { invalid } from "../../../test/refusals";
import { System } from "../../../test/system";
import { faultOf } from "../../../test/tables";

function shop(): System {
  const system = new System();
  system.inventory.products = [
    aProduct("PROD-001", "Laptop", ["MAIN", 45n]),
    aProduct("PROD-005", "Mouse", ["MAIN", 5n]),
  ];
  return system;
}

const line = (n: number) => screen.getByRole("listitem", { name: `Line ${n}` });
const product = (n: number) => within(line(n)).getByRole("combobox", { name: /^Product/ });
const quantity = (n: number) => within(line(n)).getByLabelText(/^Quantity/);
const price = (n: number) => within(line(n)).getByLabelText(/^Price/);
const customer = () => screen.getByLabelText(/^Customer/);
const token = () => screen.getByLabelText("Payment token");
const send = (page: Page) => page.click(screen.getByRole("button", { name: /^Create order/ }));

async function fillIn(page: Page): Promise<void> {
  await page.fill(customer(), "CUST123");
  await page.fill(product(1), "PROD-001");
  await page.fill(quantity(1), "2");
  await page.fill(price(1), "1299.99");
}

describe("a new order", () => {
  it("is sent as it was typed, and leads to the order", async () => {
    const system = shop();
    const page = await open("/orders/new", system);
    await page.fill(customer(), "CUST123");
    await page.fill(product(1), "lap");
    await page.click(screen.getByRole("option", { name: /^Laptop/ }));
    expect(product(1)).toHaveProperty("value", "PROD-001");
    await page.fill(quantity(1), "2");
    await page.fill(price(1), "1299.99{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(product(2)));
    await page.click(within(line(2)).getByRole("button", { name: "Remove line 2" }));
    expect(screen.getByText("2,599.98", { selector: "[role=status]" })).toBeTruthy();
    await send(page);
    await waitFor(() => expect(page.address()).toBe(`/orders/${idOf(1)}`));
    const { customerId, items, totalAmount } = system.get(idOf(1));
    expect(customerId).toBe("CUST123");
    expect(items).toMatchObject([
      { productId: "PROD-001", quantity: 2n, price: { units: 1_299n, nanos: 990_000_000 } },
    ]);
    expect(totalAmount).toMatchObject({ currencyCode: "USD", units: 2_599n, nanos: 980_000_000 });
  });

  it("is checked by the contract's rules, each fault at its field, before anything is sent", async () => {
    const system = shop();
    const page = await open("/orders/new", system);
    await page.fill(product(1), "PROD-999");
    await page.fill(quantity(1), "0");
    await page.fill(price(1), "1.999");
    await page.fill(token(), "with space");
    // Nobody is told of what they have not had time to fill in.
    expect([customer(), product(1), quantity(1), price(1), token()].map(faultOf)).toEqual(
      Array(5).fill(undefined),
    );
    await send(page);
    expect(faultOf(customer())).toBe("Fill this in");
    expect(faultOf(product(1))).toBe("There is no such product");
    expect(faultOf(quantity(1))).toBe("A whole number from 1 to 1,000,000");
    expect(faultOf(price(1))).toBe("More decimals than the currency has");
    expect(faultOf(token())).toBe("At most 256 printable characters without spaces");
    await waitFor(() => expect(document.activeElement).toBe(customer()));

    await page.fill(price(1), "-1");
    expect(faultOf(price(1))).toBe("Must not be negative");
    await page.fill(quantity(1), "1000000");
    expect(faultOf(quantity(1))).toBeUndefined();
    expect(system.asked).toEqual([]);
  });

  it("shows what the server finds wrong at the field, and keeps what was typed", async () => {
    const system = shop();
    system.before = () => {
      throw invalid({
        customer_id: "must be known to the shop",
        "items[0].price.units": "must be the price of the catalogue",
        currency: "must be one of the shop's",
      });
    };
    const page = await open("/orders/new", system);
    await fillIn(page);
    await page.fill(token(), "tok_1");
    await send(page);
    await screen.findByRole("alert");
    expect(faultOf(customer())).toBe("must be known to the shop");
    expect(faultOf(price(1))).toBe("must be the price of the catalogue");
    expect(faultOf(quantity(1))).toBeUndefined();
    // What no field is there for is said all the same.
    expect(screen.getByRole("alert").textContent).toContain("currency must be one of the shop's");
    const typed = () =>
      [customer(), product(1), quantity(1), price(1)].map((field) => field.getAttribute("value"));
    expect(typed()).toEqual(["CUST123", "PROD-001", "2", "1,299.99"]);
    expect(token()).toHaveProperty("value", "tok_1");

    // Over a reload too, but for what is secret.
    await page.reload();
    expect(typed()).toEqual(["CUST123", "PROD-001", "2", "1,299.99"]);
    expect(token()).toHaveProperty("value", "");
    expect(JSON.stringify({ ...sessionStorage })).not.toContain("tok_1");
  });

  it("is made once, though nobody answered the first time and the page was loaded again", async () => {
    const system = shop();
    system.before = () => new Promise(() => {});
    const page = await open("/orders/new", system);
    await fillIn(page);
    await send(page);
    await waitFor(() => expect(system.asked).toHaveLength(1));

    system.before = () => {};
    const again = await page.reload();
    await screen.findByText("Create order: Sent, but the answer never came");
    await again.click(screen.getByRole("button", { name: "Ask again" }));
    await waitFor(() => expect(again.address()).toBe(`/orders/${idOf(1)}`));
    expect(system.asked).toHaveLength(2);
    expect(system.asked[1]?.requestId).toBe(system.asked[0]?.requestId);
  });
});
