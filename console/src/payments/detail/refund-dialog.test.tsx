import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { closed, open, type Page } from "../../../test/harness";
import { dollars } from "../../../test/orders";
import { paid, paymentIdOf } from "../../../test/payments";
import { invalid, refused } from "../../../test/refusals";
import { System } from "../../../test/system";
import { faultOf } from "../../../test/tables";

const id = paymentIdOf(1);
const path = `/payments/${id}`;

const dialog = () => within(screen.getByRole("dialog", { name: "Refund the payment" }));
const part = () => dialog().getByRole("radio", { name: "A part" });
const amount = () => dialog().getByLabelText(/^Amount in/);
const reason = () => dialog().getByLabelText(/^Reason/);
const go = () => dialog().getByRole("button", { name: /^Refund/ });
const usd = (digits: string) => `${digits}\u00a0USD`;
const whole = (digits: string) => dialog().getByRole("radio", { name: `All of the rest: ${usd(digits)}` });
const sum = (units: bigint, nanos = 0) => ({ currencyCode: "USD", units, nanos });

/** Opens the dialog. */
async function ask(page: Page): Promise<void> {
  await page.click(await screen.findByRole("button", { name: /^Refund/ }));
}

async function askForPart(page: Page, text: string): Promise<void> {
  await ask(page);
  await page.click(part());
  await page.fill(amount(), text);
}

describe("a refund", () => {
  it("is of all of the rest, unless one wants it otherwise", async () => {
    const all = new System(paid(1, { refundedAmount: dollars(40n) }));
    // What was done is seen, though no stream tells of it.
    all.calling = (method) => (method === "WatchPayment" ? new Promise(() => {}) : undefined);
    const page = await open(path, all, "finance");
    await screen.findByRole("button", { name: /^Refund/ });
    await page.press("f");
    expect(whole("60.00")).toHaveProperty("checked", true);
    await page.fill(reason(), "  twice the same ");
    expect(go().textContent).toBe(`Refund ${usd("60.00")}`);
    expect(all.asked).toEqual([]);
    await page.click(go());
    await closed();
    // The amount that was seen, and not whatever the rest is when the request arrives.
    expect(all.asked).toMatchObject([{ paymentId: id, amount: sum(60n), reason: "twice the same" }]);
    expect(await screen.findByText("A refund of 60.00 USD is on its way")).toBeTruthy();
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Refund/ })).toBeNull());
    expect((await screen.findByRole("table", { name: "Refunds" })).textContent).toContain("twice the same");
  });

  it("may be a part, exact to the last decimal", async () => {
    const all = new System(paid(1));
    const page = await open(path, all, "finance");
    await askForPart(page, "0.07");
    expect(go().textContent).toBe(`Refund ${usd("0.07")}`);
    await page.press("{Enter}");
    await closed();
    expect(all.asked).toMatchObject([{ amount: sum(0n, 70_000_000) }]);

    // Nothing of the one before is left in the dialog.
    await ask(page);
    expect(whole("99.93")).toHaveProperty("checked", true);
    await page.click(part());
    expect(amount()).toHaveProperty("value", "");
  });

  it("is checked before it is sent", async () => {
    const all = new System(paid(1));
    const page = await open(path, all, "finance");
    await ask(page);
    await page.click(part());
    // Nobody is told of what they have not had time to fill in.
    expect(faultOf(amount())).toBeUndefined();
    expect(dialog().getByText("At most 100.00 USD")).toBeTruthy();
    await page.fill(amount(), "{Enter}");
    expect(faultOf(amount())).toBe("Enter an amount");
    await page.click(dialog().getByRole("button", { name: "Cancel" }));
    await ask(page);
    // At once: by typing on it can only become more.
    await page.fill(amount(), "100.01");
    expect(faultOf(amount())).toBe("More than can be refunded");
    expect(go().textContent).toBe("Refund");
    for (const [text, fault] of [
      ["1.005", "More decimals than the currency has"],
      ["0", "Must be above zero"],
      ["-5", "Must be above zero"],
      ["ten", "This is not an amount"],
    ] as const) {
      await page.fill(amount(), text);
      await page.click(go());
      expect(faultOf(amount())).toBe(fault);
    }
    await page.press("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(amount()));
    await page.fill(amount(), "100");
    expect(faultOf(amount())).toBeUndefined();
    expect(all.asked).toEqual([]);
  });

  it("has the decimals of its currency", async () => {
    const all = new System(paid(1, { amount: { currencyCode: "JPY", units: 5_000n } }));
    all.payments.put({ ...all.payments.get(id), refundedAmount: undefined });
    const page = await open(path, all, "finance");
    await askForPart(page, "10.5");
    await page.click(go());
    expect(faultOf(amount())).toBe("More decimals than the currency has");
    await page.fill(amount(), "1,000");
    await page.click(go());
    await closed();
    expect(all.asked).toMatchObject([{ amount: { currencyCode: "JPY", units: 1_000n, nanos: 0 } }]);
  });

  it("is of what can be refunded now, also when that changes meanwhile", async () => {
    const all = new System(paid(1));
    const page = await open(path, all, "finance");
    await ask(page);
    all.payments.admit(id, { amount: dollars(30n) });
    await waitFor(() => expect(go().textContent).toBe(`Refund ${usd("70.00")}`));
    await page.click(go());
    await closed();
    expect(all.asked).toMatchObject([{ amount: sum(70n) }]);
  });

  it("is not offered once others have given everything back", async () => {
    const all = new System(paid(1));
    const page = await open(path, all, "finance");
    await ask(page);
    expect(go()).toHaveProperty("disabled", false);
    all.payments.admit(id, { amount: dollars(100n) });
    await waitFor(() => expect(go()).toHaveProperty("disabled", true));
  });

  it("that exceeds the rest is refused in the server's words, and what is left can be taken", async () => {
    const all = new System(paid(1));
    const page = await open(path, all, "finance");
    await askForPart(page, "80");
    await page.fill(reason(), "broken");
    const words = `only 50.00 USD of payment ${id} can be refunded`;
    all.before = () => {
      const facts = { state: "PARTIALLY_REFUNDED", refundable: "50.00", currency: "USD" };
      throw refused("REFUND_EXCEEDS_REST", words, facts);
    };
    await page.click(go());
    const alert = await dialog().findByRole("alert");
    expect(alert.textContent).toContain(`Not possible in the present state${words}`);
    expect(alert.textContent).toContain("REFUND_EXCEEDS_REST · now: PARTIALLY_REFUNDED");
    expect(alert.textContent).toContain(`${usd("50.00")} can be refunded now.`);
    expect(amount()).toHaveProperty("value", "80");
    expect(reason()).toHaveProperty("value", "broken");

    all.before = () => {};
    await page.click(within(alert).getByRole("button", { name: "Take that" }));
    expect(dialog().queryByRole("alert")).toBeNull();
    expect(amount()).toHaveProperty("value", "50.00");
    await page.click(go());
    await closed();
    expect(all.asked[1]).toMatchObject({ amount: sum(50n), reason: "broken" });
    expect(all.asked[1]?.requestId).not.toBe(all.asked[0]?.requestId);
  });

  it("shows what the server finds wrong at the field, and keeps what was typed", async () => {
    const all = new System(paid(1));
    all.before = () => {
      throw invalid({ "amount.units": "must be a round sum", reason: "must be in English" });
    };
    const page = await open(path, all, "finance");
    await askForPart(page, "12.50");
    await page.fill(reason(), "zerbrochen");
    await page.click(go());
    await dialog().findByRole("alert");
    expect(faultOf(amount())).toBe("must be a round sum");
    expect(faultOf(reason())).toBe("must be in English");
    await page.click(dialog().getByRole("button", { name: "Cancel" }));
    await closed();
    expect(screen.queryByRole("alert")).toBeNull();

    const again = await page.reload();
    await ask(again);
    expect(part()).toHaveProperty("checked", true);
    expect(amount()).toHaveProperty("value", "12.50");
    expect(reason()).toHaveProperty("value", "zerbrochen");
    expect(faultOf(amount())).toBeUndefined();
  });

  it("is not sent twice while it is under way", async () => {
    const all = new System(paid(1));
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    all.before = () => held;
    const page = await open(path, all, "finance");
    await ask(page);
    await page.fill(reason(), "broken{Enter}");
    expect(go()).toHaveProperty("disabled", true);
    await page.fill(reason(), "again{Enter}{Enter}");
    await page.click(go());
    // Nor can it be left by accident.
    for (const name of ["Cancel", "Close"]) await page.click(dialog().getByRole("button", { name }));
    expect(go()).toHaveProperty("disabled", true);
    await waitFor(() => expect(all.asked).toHaveLength(1));
    answer();
    await closed();
    expect(all.asked).toMatchObject([{ reason: "broken" }]);
    expect(all.payments.refunds).toHaveLength(1);
  });

  it("is made once, though nobody answered and the page was loaded again", async () => {
    const all = new System(paid(1));
    all.before = () => new Promise(() => {});
    const page = await open(path, all, "finance");
    await askForPart(page, "40");
    await page.click(go());
    await waitFor(() => expect(all.asked).toHaveLength(1));

    all.before = () => {};
    const again = await page.reload();
    expect(await screen.findByText("Refund: Sent, but the answer never came")).toBeTruthy();
    await ask(again);
    await again.fill(amount(), "25");
    // Nobody was asked for 25.
    expect(dialog().getByText("Refund: Sent, but the answer never came")).toBeTruthy();
    expect(go()).toHaveProperty("disabled", true);
    await again.press("{Enter}");
    expect(all.asked).toHaveLength(1);
    await again.click(dialog().getByRole("button", { name: "Ask again" }));
    await closed();
    expect(all.asked[1]).toEqual(all.asked[0]);
    expect(all.payments.refunds).toMatchObject([{ amount: sum(40n) }]);
  });
});
