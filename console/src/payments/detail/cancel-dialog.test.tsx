import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { becomes, closed, open } from "../../../test/harness";
import { aPayment, begun, paymentIdOf, went } from "../../../test/payments";
import { refused } from "../../../test/refusals";
import { System } from "../../../test/system";

const id = paymentIdOf(1);

const button = () => screen.findByRole("button", { name: "Cancel payment" });
const dialog = () => within(screen.getByRole("dialog", { name: "Cancel the payment" }));
const reason = () => dialog().getByLabelText(/^Reason/);
const go = () => dialog().getByRole("button", { name: "Cancel payment" });

describe("a payment that is cancelled", () => {
  it("is kept until one is sure", async () => {
    const all = new System(aPayment(1));
    const page = await open(`/payments/${id}`, all, "finance");
    await page.click(await button());
    await page.fill(reason(), "ordered by mistake");
    await page.click(dialog().getByRole("button", { name: "Keep it" }));
    await closed();
    expect(all.asked).toEqual([]);

    await page.click(await button());
    expect(reason()).toHaveProperty("value", "ordered by mistake");
    await page.click(go());
    await closed();
    await becomes("Cancelled");
    expect(all.asked).toMatchObject([{ method: "cancel", paymentId: id, reason: "ordered by mistake" }]);
    expect(await screen.findByText("The payment is cancelled")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Cancel payment" })).toBeNull();
  });

  it("too late is refused in the server's words, and nothing that was typed is lost", async () => {
    const all = new System(aPayment(1));
    all.before = () => {
      all.payments.put(went(all.payments.get(id), begun(1)));
      throw refused("PAYMENT_STATE", `payment ${id} is PROCESSING`, { state: "PROCESSING" });
    };
    const page = await open(`/payments/${id}`, all, "manager");
    await page.click(await button());
    await page.fill(reason(), "by mistake{Enter}");
    const alert = await dialog().findByRole("alert");
    expect(alert.textContent).toBe(
      `Not possible in the present statepayment ${id} is PROCESSINGPAYMENT_STATE · now: PROCESSING`,
    );
    expect(reason()).toHaveProperty("value", "by mistake");
    await becomes("Charging");
    await page.click(dialog().getByRole("button", { name: "Keep it" }));
    await closed();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is asked for once, over a reload too", async () => {
    const all = new System(aPayment(1));
    all.before = () => new Promise(() => {});
    const page = await open(`/payments/${id}`, all, "finance");
    await page.click(await button());
    await page.fill(reason(), "by mistake{Enter}");
    expect(go()).toHaveProperty("disabled", true);
    await page.press("{Enter}");
    await waitFor(() => expect(all.asked).toHaveLength(1));

    all.before = () => {};
    const again = await page.reload();
    await screen.findByText("Cancel payment: Sent, but the answer never came");
    await again.click(screen.getByRole("button", { name: "Ask again" }));
    await becomes("Cancelled");
    expect(all.asked).toHaveLength(2);
    expect(all.asked[1]).toEqual(all.asked[0]);
  });
});
