import type { Person } from "../stage/person";

export interface Line {
  readonly product: string;
  readonly quantity: string;
  readonly price: string;
}

/** The form for a new order. */
export class NewOrderPage {
  constructor(private readonly person: Person) {}

  private get page() {
    return this.person.page;
  }

  async open(): Promise<void> {
    await this.person.page.getByRole("link", { name: "New order" }).click();
    await this.page.getByRole("button", { name: "Create order" }).waitFor();
  }

  line(number: number) {
    return this.page.getByRole("listitem", { name: `Line ${number}` });
  }

  async fill(lines: readonly Line[]): Promise<void> {
    for (const [index, { product, quantity, price }] of lines.entries()) {
      if (index > 0) await this.page.getByRole("button", { name: "Add a line" }).click();
      const line = this.line(index + 1);
      await line.getByRole("combobox", { name: "Product" }).fill(product);
      await this.page.getByRole("option").filter({ hasText: product }).first().click();
      await line.getByLabel("Quantity").fill(quantity);
      await line.getByLabel(/^Price/).fill(price);
    }
  }

  /** What it comes to, as it is shown. */
  total() {
    return this.page.getByRole("status").filter({ hasText: "USD" });
  }

  /** Sends it; the id of the order whose page it leads to. */
  async send(): Promise<string> {
    await this.page.getByRole("button", { name: "Create order" }).click();
    await this.page.waitForURL(/\/orders\/ord_[0-9a-f]{32}/);
    return new URL(this.page.url()).pathname.split("/").at(-1) ?? "";
  }
}
