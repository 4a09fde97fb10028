import type { Person } from "../stage/person";

/** One order. */
export class OrderPage {
  constructor(private readonly person: Person) {}

  private get page() {
    return this.person.page;
  }

  async open(orderId: string): Promise<void> {
    await this.person.goto(`/orders/${orderId}`);
    await this.person.live();
  }

  async reaches(status: string): Promise<void> {
    await this.person.heading().filter({ hasText: status }).waitFor();
  }

  action(name: string) {
    return this.page.getByRole("main").getByRole("button", { name, exact: false });
  }

  async ship(carrier: string, tracking: string): Promise<void> {
    await this.action("Ship").click();
    const dialog = this.page.getByRole("dialog", { name: "Ship the order" });
    await dialog.getByLabel("Carrier").fill(carrier);
    await dialog.getByLabel("Tracking number").fill(tracking);
    await dialog.getByRole("button", { name: "Ship" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  async deliver(): Promise<void> {
    await this.action("Delivered").click();
  }

  /** What the system has refused, in its words. */
  refusal() {
    return this.page.getByRole("alert");
  }
}
