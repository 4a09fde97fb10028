import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Role } from "~/api/roles";
import { PaymentEventKind, PaymentStatus, RefundStatus } from "~/gen/oms/payments/v1/payments_pb";
import { nextRound, stopClock } from "../../../test/clock";
import { heading, open } from "../../../test/harness";
import { at, dollars, idOf } from "../../../test/orders";
import {
  aPayment,
  aRefund,
  begun,
  booked,
  charged,
  failed,
  paid,
  paymentIdOf,
  refundIdOf,
  went,
} from "../../../test/payments";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { cells, happened } from "../../../test/tables";

const path = `/payments/${paymentIdOf(1)}`;

const region = (name: string) => screen.findByRole("region", { name });
const table = async (name: string) => cells(await screen.findByRole("table", { name }));
/** A figure of the payment, above everything else. */
const figure = (name: string) =>
  screen.queryByText(name, { selector: "dl.flex dt" })?.nextSibling?.textContent;
const figures = () => ["Charged", "To charge", "Refunded", "Can be refunded"].map(figure);

describe("a payment", () => {
  it("says what it is for, what was charged, and what can go back still", async () => {
    const returned = { status: PaymentStatus.PARTIALLY_REFUNDED, reason: "one piece was broken" };
    const happened = [begun(1), charged(1), returned];
    const refundedAmount = dollars(40n);
    const { reason } = returned;
    await open(path, new System(aPayment(1, { happened, refundedAmount, reason, completeTime: at(2) })));
    await waitFor(() => expect(figures()).toEqual(["100.00USD", undefined, "40.00USD", "60.00USD"]));
    expect(heading()).toContain("Partly refunded");
    expect(screen.getAllByText(reason)).toHaveLength(2);
    const details = await region("Details");
    const named = (name: string) => within(details).getByText(name).nextElementSibling;
    expect(named("Method")?.textContent).toBe("Credit card");
    expect(named("Provider's reference")?.textContent).toBe("none yet");
    expect(named("Made by")?.textContent).toBe("hand");
    expect(named("Charged")?.querySelector("time")?.dateTime).toBe("2026-03-03T10:02:00.000Z");
    expect(within(details).getByRole("link").title).toBe(idOf(1));
  });

  it("has nothing to give back before it is charged", async () => {
    await open(path, new System(aPayment(1, { sagaKey: `${idOf(1)}/charge/1` })), "finance");
    await waitFor(() => expect(figures()).toEqual([undefined, "100.00USD", undefined, undefined]));
    const says = async (name: string, words: string) => within(await region(name)).findByText(words);
    await says("Details", "the order's fulfilment");
    await says("Attempts to charge", "The provider has not been asked.");
    await says("Refunds", "Nothing was refunded.");
    await says("Ledger", "Nothing was charged, so nothing is booked.");
  });

  it("says how each attempt ended, in the provider's words", async () => {
    const all = new System(aPayment(1, { happened: [begun(1), failed(1, "no answer in time"), begun(2)] }));
    await open(path, all);
    const shown = () => table("Attempts to charge");
    expect(await shown()).toEqual([
      ["1", "Failed, tried againno answer in time", "10:01", "1 min"],
      ["2", "Awaits the provider", "10:03", "–"],
    ]);
    const refusal = { status: PaymentStatus.FAILED, attempt: 2, reason: "the card is blocked" };
    all.payments.put(went(all.payments.get(paymentIdOf(1)), refusal));
    await waitFor(async () =>
      expect((await shown())[1]).toEqual(["2", "Refused for goodthe card is blocked", "10:03", "1 min"]),
    );
    expect(heading()).toContain("Failed");
  });

  it("shows its books, and whether they add up", async () => {
    const all = new System(paid(1));
    all.payments.entries = [...booked(100n), ...booked(-40n, refundIdOf(1))];
    const page = await open(path, all);
    expect(await table("Ledger")).toEqual([
      ["Capture 10:03", "Provider clearing", "100.00USD", ""],
      ["", "Sales", "", "100.00USD"],
      ["Refund 10:03", "Provider clearing", "", "40.00USD"],
      ["", "Sales", "40.00USD", ""],
      ["Total", "", "140.00USD", "140.00USD"],
    ]);
    expect(screen.getByText("Every booking sums to zero")).toBeTruthy();

    all.payments.entries = [...booked(100n), ...booked(-40n, refundIdOf(1), -39n)];
    await page.reload();
    expect(await screen.findByText("A booking does not sum to zero")).toBeTruthy();
    expect((await table("Ledger")).at(-1)).toEqual(["Total", "", "139.00USD", "140.00USD"]);
  });

  it("shows its refunds, the newest first, as many as one wants to see", async () => {
    const all = new System(paid(1));
    all.payments.refunds = Array.from({ length: 52 }, (_, n) => aRefund(52 - n, { reason: `no. ${52 - n}` }));
    all.payments.refunds.splice(0, 1, aRefund(52, { status: RefundStatus.PROCESSING, attempts: 3 }));
    const page = await open(path, all);
    const first = await table("Refunds");
    expect(first).toHaveLength(50);
    expect(first.slice(0, 2)).toEqual([
      ["Paying back", "00000000…0000523 attempts", "10.00USD", "10:04"],
      ["Paid back", "no. 5100000000…000051", "10.00USD", "10:04"],
    ]);
    await page.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(async () => expect((await table("Refunds")).at(-1)?.[1]).toBe("no. 100000000…000001"));
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("follows what happens, and asks for what that changes", async () => {
    const all = new System(aPayment(1, { happened: [begun(1)] }));
    await open(path, all, "finance");
    const history = await screen.findByRole("list", { name: "Timeline" });
    expect(heading()).toContain("Charging");
    await within(await region("Ledger")).findByText(/nothing is booked/);

    // What an event says is seen at once, however long the rest takes.
    let read = () => {};
    const reading = new Promise<void>((resolve) => (read = resolve));
    all.calling = (method) => (method === "GetPayment" ? reading : undefined);
    all.payments.entries = booked(100n);
    all.payments.put(went({ ...all.payments.get(paymentIdOf(1)), providerReference: "ch_9" }, charged(1)));
    await waitFor(() => expect(heading()).toContain("Charged"));
    await screen.findByRole("table", { name: "Ledger" });
    expect(screen.queryByText("ch_9")).toBeNull();
    read();
    await screen.findByText("ch_9");

    all.payments.admit(paymentIdOf(1), { amount: dollars(40n), reason: "broken" });
    await waitFor(() => expect(figures()).toEqual(["100.00USD", undefined, "40.00USD", "60.00USD"]));
    await screen.findByRole("table", { name: "Refunds" });
    all.payments.put(went(all.payments.get(paymentIdOf(1)), { kind: PaymentEventKind.SETTLED }));
    await waitFor(() =>
      expect(happened(history)).toEqual([
        "Pending",
        "Attempt 1 began",
        "Charged",
        "Refunda refund was admittedfay · Finance",
        "Settled",
      ]),
    );
  });

  it("reads again what it could not read after an event", async () => {
    stopClock(Date.parse("2026-03-03T11:00:00Z"));
    const all = new System(aPayment(1, { happened: [begun(1)] }));
    await open(path, all);
    await waitFor(() => expect(heading()).toContain("Charging"));
    // At once, and twice soon after.
    const refused = new Promise<void>((resolve) => {
      let calls = 0;
      all.calling = (method) => {
        if (method !== "GetPayment") return;
        calls += 1;
        if (calls === 3) resolve();
        throw away();
      };
    });
    all.payments.put(went({ ...all.payments.get(paymentIdOf(1)), providerReference: "ch_9" }, charged(1)));
    await refused;
    expect(heading()).toContain("Charged");
    all.calling = () => {};
    while (!screen.queryByText("ch_9")) await nextRound();
  });

  it("says what went wrong, each part for itself, and asks again", async () => {
    const all = new System(paid(1));
    all.payments.entries = booked(100n);
    all.calling = (method) => {
      if (method === "ListLedgerEntries") throw away();
    };
    const page = await open(path, all);
    const ledger = await region("Ledger");
    const alert = await within(ledger).findByRole("alert");
    expect(alert.textContent).toContain("the database is away");
    expect(heading()).toContain("Charged");
    all.calling = () => {};
    await page.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await table("Ledger")).toHaveLength(3);
    page.close();

    const other = await open(`/payments/${paymentIdOf(2)}`, all);
    const missing = await screen.findByRole("alert");
    expect(missing.textContent).toContain(`This does not existpayment ${paymentIdOf(2)} does not exist`);
    all.payments.put(paid(2));
    await other.click(within(missing).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(heading()).toContain("Charged"));
  });

  it("offers a role only what it may do in this state, and asks for nothing it may not see", async () => {
    const offered = async (role: Role, payment: ReturnType<typeof paid>) => {
      const all = new System(payment);
      const page = await open(path, all, role);
      await region("Refunds");
      const found = ["Refund", "Cancel payment"].filter((name) =>
        screen.queryByRole("button", { name: new RegExp(`^${name}`) }),
      );
      if (!found.includes("Refund")) await page.press("f");
      expect(screen.queryByRole("dialog")).toBeNull();
      const seesBooks = screen.queryByRole("region", { name: "Ledger" }) !== null;
      expect(all.called.includes("ListLedgerEntries")).toBe(seesBooks);
      page.close();
      return seesBooks ? [...found, "Ledger"] : found;
    };
    expect(await offered("finance", paid(1))).toEqual(["Refund", "Ledger"]);
    expect(await offered("finance", paid(1, { refundedAmount: dollars(100n) }))).toEqual(["Ledger"]);
    expect(await offered("finance", aPayment(1))).toEqual(["Cancel payment", "Ledger"]);
    expect(await offered("finance", aPayment(1, { happened: [begun(1)] }))).toEqual(["Ledger"]);
    expect(await offered("manager", paid(1))).toEqual(["Ledger"]);
    expect(await offered("manager", aPayment(1))).toEqual(["Cancel payment", "Ledger"]);
    expect(await offered("auditor", aPayment(1))).toEqual(["Ledger"]);
    expect(await offered("customer", paid(1))).toEqual([]);
    expect(await offered("customer", aPayment(1))).toEqual(["Cancel payment"]);
  });
});
