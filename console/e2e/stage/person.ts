import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import type { Role } from "~/api/roles";
import { CHROMIUM, CONSOLE, PATIENCE_MS, RUN } from "./settings";

const WIDE = { width: 1440, height: 900 };
const NAMES: Record<Role, string> = {
  manager: "Manager",
  warehouse: "Warehouse",
  finance: "Finance",
  auditor: "Auditor",
  customer: "Customer",
};

export function openBrowser(): Promise<Browser> {
  // Whoever tests as root has no sandbox.
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

/** Everybody who is at a window now. */
export const present = new Set<Person>();

/** Somebody at a browser window of their own. */
export class Person {
  /** What the browser complains of: errors of scripts, and what the content security policy has stopped. */
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      const { url } = message.location();
      // The provider's sign-in page is not ours.
      const ours = url === "" || url.startsWith(CONSOLE);
      if (message.type() === "error" && ours) this.complaints.push(`${message.text()} (${url})`);
    });
  }

  static async arrive(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: CONSOLE,
      viewport: WIDE,
      locale: "en-US",
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const person = new Person(context, await context.newPage());
    present.add(person);
    return person;
  }

  /** Comes in, and takes a role by the switch, as one does where nobody is asked who they are. */
  static async as(
    role: Role,
    browser: Browser,
    options?: BrowserContextOptions,
    customer?: string,
  ): Promise<Person> {
    const person = await Person.arrive(browser, options);
    await person.goto("/orders");
    await person.become(role, customer);
    return person;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(`/console${path}`);
    await this.heading().waitFor();
  }

  heading() {
    return this.page.getByRole("heading", { level: 1 });
  }

  async become(role: Role, customer = `CUST-${RUN}`): Promise<void> {
    const { page } = this;
    await page.getByRole("button", { name: /^Local mode\. Role: / }).click();
    await page.getByRole("menuitemradio", { name: NAMES[role] }).click();
    if (role === "customer") {
      const dialog = page.getByRole("dialog", { name: NAMES[role] });
      await dialog.getByLabel("Customer id").fill(customer);
      await dialog.getByRole("button", { name: "Apply" }).click();
    }
    await page.getByRole("button", { name: `Local mode. Role: ${NAMES[role]}` }).waitFor();
  }

  /** Until the page is up to date with the system. */
  async live(): Promise<void> {
    await this.page.locator("[data-connection=live]").first().waitFor();
  }

  leave(): Promise<void> {
    present.delete(this);
    return this.context.close();
  }
}
