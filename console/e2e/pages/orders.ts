import type { Locator } from "playwright-core";
import type { Person } from "../stage/person";

/** The list of orders. */
export class OrdersPage {
  constructor(private readonly person: Person) {}

  private get page() {
    return this.person.page;
  }

  /** The list, narrowed down to one customer. */
  async open(customer: string): Promise<void> {
    await this.person.goto(`/orders?customer=${customer}`);
    await this.person.live();
  }

  rows(): Locator {
    return this.page
      .getByRole("grid")
      .getByRole("row")
      .filter({ has: this.page.getByRole("link") });
  }

  row(orderId: string): Locator {
    return this.rows().filter({ has: this.page.locator(`a[title="${orderId}"]`) });
  }

  async reaches(orderId: string, status: string): Promise<void> {
    await this.row(orderId).filter({ hasText: status }).waitFor();
  }

  /** Which orders are shown, from the top. */
  ids(): Promise<string[]> {
    return this.rows().evaluateAll((rows) =>
      rows.map((row) => row.querySelector("a[title]")?.getAttribute("title") ?? ""),
    );
  }

  /** Goes to the order by the arrow keys. */
  async walkTo(orderId: string): Promise<void> {
    const at = (await this.ids()).indexOf(orderId);
    await this.page.getByRole("grid").focus();
    await this.page.keyboard.press("Home");
    for (let step = 0; step < at; step++) await this.page.keyboard.press("ArrowDown");
    await this.row(orderId).and(this.page.locator("[data-cursor]")).waitFor();
  }

  async approveByKey(orderId: string): Promise<void> {
    await this.walkTo(orderId);
    await this.page.keyboard.press("a");
  }

  async rejectByKey(orderId: string, reason: string): Promise<void> {
    await this.walkTo(orderId);
    await this.page.keyboard.press("r");
    const dialog = this.page.getByRole("dialog", { name: "Reject the order" });
    await dialog.getByLabel(/^Reason/).fill(reason);
    await dialog.getByRole("button", { name: "Reject" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  /** Approves several at once, by the keyboard; the result of each. */
  async approveTogether(orderIds: readonly string[]): Promise<string[]> {
    for (const id of orderIds) {
      await this.walkTo(id);
      await this.page.keyboard.press("Space");
    }
    await this.page.keyboard.press("a");
    const dialog = this.page.getByRole("dialog", { name: `Approve ${orderIds.length} orders` });
    await dialog.getByRole("button", { name: "Approve" }).click();
    await dialog.getByText(`${orderIds.length} of ${orderIds.length} done`).waitFor();
    const results = await dialog.getByRole("listitem").allInnerTexts();
    await dialog.getByRole("button", { name: "Done" }).click();
    return results;
  }
}
