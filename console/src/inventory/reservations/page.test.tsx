import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { nextRound, pass, stopClock } from "../../../test/clock";
import { open } from "../../../test/harness";
import { aReservation, became, held, reservationIdOf } from "../../../test/inventory";
import { at, BEGINNING, idOf } from "../../../test/orders";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { list, listed, scrollTo } from "../../../test/tables";

const shown = () => listed().map(([, , id]) => Number(id?.slice(-6)));
const shows = (...ids: number[]) => waitFor(() => expect(shown()).toEqual(ids));
const path = "/inventory/reservations";
const line = (productId: string, quantity: bigint, restocked = 0n) => ({ productId, quantity, restocked });

describe("the list of reservations", () => {
  it("says of each where it stands, how long it holds, and what", async () => {
    stopClock(BEGINNING);
    const taken = [{ status: ReservationStatus.COMMITTED }];
    await open(
      path,
      new System(
        held(1, { orderId: "WEB-77" }),
        held(2, { expireTime: at(0.5), lines: [line("PROD-001", 1_000n), line("PROD-002", 1n)] }),
        aReservation(3, { happened: taken, lines: [line("PROD-001", 2n, 2n)], expireTime: at(15) }),
        aReservation(4, { happened: taken, lines: [line("PROD-001", 2n, 2n), line("PROD-002", 2n)] }),
        aReservation(5, {
          happened: [{ status: ReservationStatus.REJECTED }],
          lines: [],
          shortages: [{ productId: "PROD-005", requested: 6n, available: 5n }],
        }),
      ),
    );
    await shows(5, 4, 3, 2, 1);
    const ids = (n: number) => `00000000…00000${n}`;
    expect(listed()).toEqual([
      ["Too little stock", "", ids(5), ids(5), "6 × PROD-005", "10:00"],
      ["Taken", "", ids(4), ids(4), "2 × PROD-001 and 1 more line", "10:00"],
      ["Taken, put back", "", ids(3), ids(3), "2 × PROD-001", "10:00"],
      ["Held", "0:30", ids(2), ids(2), "1,000 × PROD-001 and 1 more line", "10:00"],
      ["Held", "15:00", ids(1), "WEB-77", "2 × PROD-001", "10:00"],
    ]);
    const links = within(list()).getAllByRole("link");
    expect(links.map(({ title }) => title)).toEqual([5, 4, 3, 2].map(idOf));
  });

  it("counts the time down, and takes up what came of it", async () => {
    stopClock(BEGINNING);
    const all = new System(held(1), held(2, { expireTime: at(1) }));
    await open(path, all);
    await shows(2, 1);
    const left = () => listed().map(([, time]) => time);
    expect(left()).toEqual(["1:00", "15:00"]);
    await pass(2_000);
    expect(left()).toEqual(["0:58", "14:58"]);
    await pass(58_000);
    expect(left()).toEqual(["Time is over", "14:00"]);
    all.inventory.put(became(all.inventory.get(reservationIdOf(2)), { status: ReservationStatus.EXPIRED }));
    await nextRound();
    await waitFor(() => expect(listed()[0]?.slice(0, 2)).toEqual(["Expired", ""]));
  });

  it("shows what fits the filters, and keeps them in the address", async () => {
    const all = new System(held(1), held(2), aReservation(3), aReservation(4, { orderId: idOf(2) }));
    const page = await open(path, all);
    await shows(4, 3, 2, 1);
    await page.click(screen.getByRole("button", { name: "Status" }));
    await page.click(await screen.findByRole("menuitemradio", { name: "Held" }));
    await shows(2, 1);
    await page.fill(screen.getByRole("searchbox"), `${idOf(2)}{Enter}`);
    await shows(2);
    expect(page.address()).toBe(`${path}?status=RESERVED&order=${idOf(2)}`);

    const again = await page.reload();
    await shows(2);
    await again.fill(screen.getByRole("searchbox"), `${idOf(3)}{Enter}`);
    expect(await screen.findByText("No reservation fits these filters")).toBeTruthy();
    await again.click(screen.getByRole("button", { name: "Show all" }));
    await shows(4, 3, 2, 1);
    expect(again.address()).toBe(path);
  });

  it("leads to a reservation, by its row or its id, and back to where one was", async () => {
    const page = await open(`${path}?status=RESERVED`, new System(held(1), held(2)));
    await shows(2, 1);
    await page.click(screen.getByTitle(reservationIdOf(1)));
    await waitFor(() => expect(page.address()).toBe(`${path}/${reservationIdOf(1)}`));
    await page.click(await screen.findByRole("link", { name: "All reservations" }));
    await shows(2, 1);
    expect(page.address()).toBe(`${path}?status=RESERVED`);
    await page.fill(screen.getByRole("searchbox"), `${reservationIdOf(2)}{Enter}`);
    await waitFor(() => expect(page.address()).toBe(`${path}/${reservationIdOf(2)}`));
  });

  it("reads on while one scrolls, to the end", async () => {
    await open(path, new System(...Array.from({ length: 120 }, (_, n) => held(n + 1))));
    await screen.findByText("Loading");
    scrollTo(80);
    await screen.findByText("That is all");
    scrollTo(110);
    await waitFor(() => expect(shown()).toContain(1));
  });

  it("says that there are none, and what went wrong", async () => {
    const none = new System();
    none.calling = () => {
      throw away();
    };
    const page = await open(path, none);
    expect((await screen.findByRole("alert")).textContent).toContain("the database is away");
    none.calling = () => {};
    await page.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No reservations yet")).toBeTruthy();
  });
});
