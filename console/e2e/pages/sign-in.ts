import type { Person } from "../stage/person";

/** The way to the provider and back. */
export class SignInPage {
  constructor(private readonly person: Person) {}

  private get page() {
    return this.person.page;
  }

  /** Of the provider's people. */
  async signIn(name: string): Promise<void> {
    await this.page.getByRole("link", { name: "Sign in" }).click();
    await this.page.getByRole("heading", { name: "Who are you?" }).waitFor();
    await this.page.getByRole("button", { name: new RegExp(`^${name} `) }).click();
    await this.page.waitForURL(/\/console\/(?!sign-in|callback)/);
  }

  /** Here and at the provider. */
  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: "Settings" }).click();
    await this.page.getByRole("menuitem", { name: "Sign out" }).click();
    const there = this.page.getByRole("button", { name: "Sign out" });
    await there
      .or(this.page.getByRole("link", { name: "Sign in" }))
      .first()
      .waitFor();
    if (await there.isVisible()) await there.click();
    await this.page.getByRole("link", { name: "Sign in" }).waitFor();
  }
}
