import type { Person } from "../stage/person";

/** How things stand. */
export class OverviewPage {
  constructor(private readonly person: Person) {}

  async open(): Promise<void> {
    await this.person.goto("/overview");
  }

  /** Runs the audit; what each service has found. */
  async audit(): Promise<string[]> {
    const card = this.person.page.getByRole("region", { name: "Audit" });
    await card.getByRole("button", { name: "Run the audit" }).click();
    const results = card.getByText(/rules? checked, no findings|findings?: /);
    await results.nth(2).waitFor();
    return results.allInnerTexts();
  }
}
