import { createMemoryHistory } from "@tanstack/react-router";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, vi } from "vitest";
import type { Role } from "~/api/roles";
import type { System } from "./system";

/** The heading of the page: of a thing it says where that stands. */
export const heading = () => screen.getByRole("heading", { level: 1 }).textContent;
export const becomes = (status: string) => waitFor(() => expect(heading()).toContain(status));
/** Until no dialog is open. */
export const closed = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

/** The console, as somebody has it open. */
export interface Page {
  /** Where it is: `/orders?status=SHIPPED`. */
  address(): string;
  /** Presses keys, wherever the focus is: `a`, `{ArrowDown}`. */
  press(keys: string): Promise<void>;
  click(element: Element): Promise<void>;
  /** Writes into a field, in place of what is in it. */
  fill(field: Element, text: string): Promise<void>;
  close(): void;
  /** Loads the page anew, where it is. Only what the browser keeps is left. */
  reload(): Promise<Page>;
}

/**
 * Opens the whole console at an address, before `system`. Each page has modules of its own, as after it was loaded in a
 * browser: nothing of a page before is known to it.
 */
export async function open(path: string, system: System, role: Role = "manager"): Promise<Page> {
  vi.resetModules();
  const [{ App }, { createConsoleRouter }, { loadLanguage }, session] = await Promise.all([
    import("~/app/app"),
    import("~/app/router"),
    import("~/i18n"),
    import("~/api/session"),
  ]);
  session.playRole({ role, customer: "CUST123" });
  session.sessionState.set({
    kind: "ready",
    session: {
      mode: "local",
      signedIn: false,
      name: "",
      subject: "",
      roles: [],
      expiresAt: undefined,
      links: { workflow: "", trace: "" },
    },
  });
  const router = createConsoleRouter(createMemoryHistory({ initialEntries: [`/console${path}`] }));
  render(<App language={await loadLanguage()} transport={system.transport} router={router} />);
  const person = userEvent.setup({ delay: null });
  await screen.findByRole("heading", { level: 1 });
  const address = () => router.history.location.href.replace("/console", "");
  return {
    address,
    press: (keys) => person.keyboard(keys),
    click: (element) => person.click(element),
    fill: async (field, text) => {
      await person.clear(field);
      await person.type(field, text);
    },
    close: cleanup,
    reload: () => {
      cleanup();
      return open(address(), system, role);
    },
  };
}
