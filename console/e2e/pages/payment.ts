import type { Person } from "../stage/person";

/** One payment. */
export class PaymentPage {
  constructor(private readonly person: Person) {}

  private get page() {
    return this.person.page;
  }

  /** By the list, as one who knows the order finds it. */
  async find(orderId: string): Promise<void> {
    await this.person.goto("/payments");
    await this.page.getByRole("searchbox").fill(orderId);
    const rows = this.page.getByRole("grid").getByRole("row").and(this.page.locator("[aria-rowindex='2']"));
    await this.page.waitForURL(/order=/);
    await rows.filter({ hasText: "Charged" }).click();
    await this.page.waitForURL(/\/payments\/pay_/);
  }

  async reaches(status: string): Promise<void> {
    await this.person.heading().filter({ hasText: status }).waitFor();
  }

  /** Without an amount: all of the rest. */
  async refund(reason: string, amount?: string): Promise<void> {
    await this.page.getByRole("main").getByRole("button", { name: "Refund" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Refund the payment" });
    if (amount !== undefined) {
      await dialog.getByRole("radio", { name: "A part" }).check();
      await dialog.getByLabel("Amount in USD").fill(amount);
    }
    await dialog.getByLabel(/^Reason/).fill(reason);
    await dialog.getByRole("button", { name: /^Refund / }).click();
    await dialog.waitFor({ state: "detached" });
  }
}
