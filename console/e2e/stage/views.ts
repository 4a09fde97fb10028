import type { Role } from "~/api/roles";
import { newKey } from "~/lib/ids";
import type { Person } from "./person";
import { decide, waitingOrder } from "./system";

/** A view as somebody of this role sees it. */
export interface View {
  readonly name: string;
  readonly role: Role;
  readonly path: string;
  /** What is done before it is looked at. */
  readonly prepare?: (person: Person) => Promise<void>;
}

/** Things that the views show. */
export interface Things {
  readonly delivered: string;
  readonly waiting: string;
  readonly processing: string;
  readonly undone: string;
  readonly cancelled: string;
  readonly rejected: string;
  readonly customer: string;
  readonly payment: string;
  readonly reservation: string;
}

/** Presses what opens a dialog, and waits for it. */
const dialog = (key: string) => async (person: Person) => {
  await person.heading().click();
  await person.page.keyboard.press(key);
  await person.page.getByRole("dialog").waitFor();
};

const keys =
  (...pressed: string[]) =>
  async ({ page }: Person) => {
    for (const key of pressed) await page.keyboard.press(key);
  };

/** Two orders are chosen with the keyboard, to be approved together. */
const bulk = async (person: Person) => {
  await person.page.getByRole("gridcell").first().waitFor();
  await keys("ArrowDown", "Space", "ArrowDown", "Space", "a")(person);
  await person.page.getByRole("dialog").waitFor();
};

/** Two orders are approved together, of which somebody else rejects one at the last moment. */
const bulkRefused = async (person: Person) => {
  const customer = `BULK-${newKey().slice(0, 8)}`;
  const [late = ""] = await Promise.all([waitingOrder({ customer }), waitingOrder({ customer })]);
  await person.goto(`/orders?customer=${customer}`);
  await settled(person);
  await bulk(person);
  let rejected: Promise<void> | undefined;
  const approvals = "**/oms.orders.v1.OrderService/ApproveOrder";
  await person.page.route(approvals, async (route) => {
    rejected ??= decide("reject", late, "sold to somebody else");
    await rejected;
    await route.continue();
  });
  const dialog = person.page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^(Approve|Duyệt)/ }).click();
  await dialog.getByText("ORDER_STATE").waitFor();
  await dialog.locator("[data-first]:enabled").waitFor();
  await person.page.unroute(approvals);
};

const ship = async ({ page }: Person) => {
  await page.getByRole("button", { name: /^(Ship|Giao hàng)/ }).click();
  await page.getByRole("dialog").waitFor();
};

/** A form is sent that nothing was typed into. */
const failed = async (person: Person) => {
  await keys("Control+Enter")(person);
  await person.page.locator("[aria-invalid=true]").first().waitFor();
};

/** Whatever the language: the last of the menus that are seen. */
const settings = async ({ page }: Person) => {
  await page.locator("button[aria-haspopup=menu]:visible").last().click();
  await page.getByRole("menu").waitFor();
};

/** Every view, and the dialogs that most people meet. */
export function viewsOf(things: Things): View[] {
  const { delivered, waiting, processing, undone, cancelled, rejected, payment, reservation, customer } =
    things;
  return [
    { name: "overview", role: "auditor", path: "/overview" },
    { name: "overview-day", role: "auditor", path: "/overview?window=day" },
    { name: "settings", role: "auditor", path: "/overview", prepare: settings },
    { name: "orders", role: "manager", path: "/orders" },
    {
      name: "bulk",
      role: "manager",
      path: `/orders?customer=${customer}&status=PENDING_APPROVAL`,
      prepare: bulk,
    },
    { name: "bulk-refused", role: "manager", path: "/orders", prepare: bulkRefused },
    { name: "orders-none", role: "manager", path: "/orders?customer=NOBODY" },
    { name: "orders-customer", role: "customer", path: "/orders" },
    { name: "order-waiting", role: "manager", path: `/orders/${waiting}` },
    { name: "order-reject", role: "manager", path: `/orders/${waiting}`, prepare: dialog("r") },
    { name: "order-delivered", role: "manager", path: `/orders/${delivered}` },
    { name: "order-undone", role: "manager", path: `/orders/${undone}` },
    { name: "order-cancelled", role: "manager", path: `/orders/${cancelled}` },
    { name: "order-rejected", role: "manager", path: `/orders/${rejected}` },
    { name: "order-unknown", role: "manager", path: `/orders/ord_${"0".repeat(32)}` },
    { name: "new-order", role: "manager", path: "/orders/new" },
    { name: "new-order-failed", role: "manager", path: "/orders/new", prepare: failed },
    { name: "payments", role: "finance", path: "/payments" },
    { name: "payment", role: "finance", path: `/payments/${payment}` },
    { name: "refund", role: "finance", path: `/payments/${payment}`, prepare: dialog("f") },
    { name: "ship", role: "warehouse", path: `/orders/${processing}`, prepare: ship },
    { name: "inventory", role: "warehouse", path: "/inventory" },
    { name: "product", role: "warehouse", path: "/inventory/products/PROD-001" },
    { name: "adjust", role: "warehouse", path: "/inventory/products/PROD-001", prepare: dialog("a") },
    { name: "reservations", role: "warehouse", path: "/inventory/reservations" },
    { name: "reservation", role: "warehouse", path: `/inventory/reservations/${reservation}` },
    { name: "no-page", role: "manager", path: "/nowhere" },
  ];
}

/** Until everything that was asked for is there, and drawn. */
export async function settled({ page }: Person): Promise<void> {
  await page.locator("[data-connection=live]").first().waitFor({ state: "attached" });
  await page.waitForFunction(
    () =>
      document.querySelector("main :is([role=status][aria-label], [data-waits])") === null &&
      document.fonts.status === "loaded",
  );
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}
