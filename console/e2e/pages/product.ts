import type { Person } from "../stage/person";

/** One product and its stock. */
export class ProductPage {
  constructor(private readonly person: Person) {}

  async open(productId: string): Promise<void> {
    await this.person.goto(`/inventory/products/${productId}`);
  }

  /** Books goods that came in. */
  async receive(pieces: string, reason: string): Promise<void> {
    const { page } = this.person;
    await page.getByRole("main").getByRole("button", { name: "Adjust stock" }).click();
    const dialog = page.getByRole("dialog", { name: /^Adjust stock/ });
    await dialog.getByRole("textbox", { name: "Pieces" }).fill(pieces);
    await dialog.getByLabel(/^Reason/).fill(reason);
    await dialog.getByRole("button", { name: "Adjust stock" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  /** A row of the movements. */
  movement(reason: string) {
    return this.person.page
      .getByRole("region", { name: "Movements" })
      .getByRole("row")
      .filter({ hasText: reason });
  }
}
