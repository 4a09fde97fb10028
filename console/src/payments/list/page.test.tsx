import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { PaymentMethod, PaymentStatus } from "~/gen/oms/payments/v1/payments_pb";
import { nextRound, stopClock } from "../../../test/clock";
import { open } from "../../../test/harness";
import { BEGINNING, dollars, idOf } from "../../../test/orders";
import { aPayment, begun, charged, failed, paid, paymentIdOf } from "../../../test/payments";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { list, listed, scrollTo } from "../../../test/tables";

const several = (count: number) => Array.from({ length: count }, (_, n) => paid(n + 1));
/** The ends of the ids that are shown, in order. */
const shown = () => listed().map(([, id]) => Number(id?.slice(-6)));
const shows = (...ids: number[]) => waitFor(() => expect(shown()).toEqual(ids));
const choose = (name: string) => screen.findByRole("menuitemradio", { name });

describe("the list of payments", () => {
  it("says of each where it stands, what it is for and how much went back", async () => {
    const tried = [begun(1), failed(1, "no answer"), begun(2), charged(2)];
    const returned = { status: PaymentStatus.PARTIALLY_REFUNDED };
    await open(
      "/payments",
      new System(
        aPayment(1, { happened: tried, amount: dollars(1_299n) }),
        aPayment(2, { orderId: "WEB-77", method: PaymentMethod.E_WALLET }),
        aPayment(3, { happened: [...tried, returned], refundedAmount: dollars(40n) }),
      ),
    );
    await shows(3, 2, 1);
    expect(listed()).toEqual([
      [
        "Partly refunded",
        "00000000…000003",
        "00000000…000003",
        "Credit card",
        "2",
        "100.00USD",
        "40.00USD",
        "10:00",
      ],
      ["Pending", "00000000…000002", "WEB-77", "E-wallet", "0", "100.00USD", "–", "10:00"],
      ["Charged", "00000000…000001", "00000000…000001", "Credit card", "2", "1,299.00USD", "–", "10:00"],
    ]);
    // Of an order elsewhere there is no page.
    expect(
      within(list())
        .getAllByRole("link")
        .map(({ title }) => title),
    ).toEqual([3, 1].map(idOf));
  });

  it("shows what fits the filters, and keeps them in the address", async () => {
    const page = await open(
      "/payments",
      new System(paid(1), paid(2), aPayment(3), aPayment(4, { orderId: idOf(2) })),
    );
    await shows(4, 3, 2, 1);
    await page.click(screen.getByRole("button", { name: "Status" }));
    await page.click(await choose("Charged"));
    await shows(2, 1);
    expect(page.address()).toBe("/payments?status=COMPLETED");

    await page.fill(screen.getByRole("searchbox"), `${idOf(2)}{Enter}`);
    await shows(2);
    expect(page.address()).toBe(`/payments?status=COMPLETED&order=${idOf(2)}`);
    const again = await page.reload();
    await shows(2);
    expect(screen.getByRole("searchbox")).toHaveProperty("value", idOf(2));

    await again.click(screen.getByRole("button", { name: /^Status/ }));
    await again.click(await choose("Refunded"));
    await again.click(await screen.findByRole("button", { name: "Show all" }));
    await shows(4, 3, 2, 1);
    expect(again.address()).toBe("/payments");
  });

  it("leads to a payment, by its row or its id, and back to where one was", async () => {
    const page = await open("/payments?status=COMPLETED", new System(paid(1), paid(2)));
    await shows(2, 1);
    await page.press("j{ArrowDown}{ArrowDown}{Enter}");
    await waitFor(() => expect(page.address()).toBe(`/payments/${paymentIdOf(1)}`));
    await page.click(await screen.findByRole("link", { name: "All payments" }));
    await shows(2, 1);
    expect(page.address()).toBe("/payments?status=COMPLETED");

    await page.press("/");
    await page.press(paymentIdOf(2));
    await page.press("{Enter}");
    await waitFor(() => expect(page.address()).toBe(`/payments/${paymentIdOf(2)}`));
  });

  it("reads on while one scrolls, to the end", async () => {
    const all = new System(...several(250));
    const page = await open("/payments", all);
    await waitFor(() => expect(list().getAttribute("aria-rowcount")).toBe("101"));
    expect(screen.getByText("Loading")).toBeTruthy();

    all.calling = () => {
      throw away();
    };
    scrollTo(80);
    await screen.findByText("the database is away");
    expect(shown()).toContain(250 - 80);
    all.calling = () => {};
    const failure = screen.getByRole("button", { name: "Try again" });
    await page.click(failure);
    await waitFor(() => expect(list().getAttribute("aria-rowcount")).toBe("201"));
    expect(failure.isConnected).toBe(false);

    scrollTo(180);
    await screen.findByText("That is all");
    expect(list().getAttribute("aria-rowcount")).toBe("251");
    scrollTo(240);
    await waitFor(() => expect(shown()).toContain(1));
  });

  it("takes up what is new and what changed, by itself, and keeps what was read", async () => {
    stopClock(BEGINNING);
    const all = new System(...several(149), aPayment(150));
    await open("/payments", all);
    await screen.findByText("Loading");
    scrollTo(80);
    await screen.findByText("That is all");
    scrollTo(0);
    await waitFor(() => expect(listed()[0]?.[0]).toBe("Pending"));

    all.payments.put(aPayment(150, { happened: [begun(1), charged(1)] }));
    all.payments.put(aPayment(151));
    await nextRound();
    await waitFor(() => expect(shown().slice(0, 3)).toEqual([151, 150, 149]));
    expect(listed()[1]?.[0]).toBe("Charged");
    expect(list().getAttribute("aria-rowcount")).toBe("152");
  });

  it("says that there are none, and what went wrong", async () => {
    const none = new System();
    none.calling = () => {
      throw away();
    };
    const page = await open("/payments", none, "auditor");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("No answer from the systemthe database is awayUNAVAILABLETry again");
    none.calling = () => {};
    await page.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No payments yet")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
