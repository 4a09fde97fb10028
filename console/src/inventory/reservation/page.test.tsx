import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import {
  type Reservation,
  ReservationEventKind,
  ReservationStatus,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { pass, stopClock } from "../../../test/clock";
import { becomes, heading, open } from "../../../test/harness";
import { aReservation, became, held, reservationIdOf } from "../../../test/inventory";
import { at, BEGINNING, idOf } from "../../../test/orders";
import { away } from "../../../test/refusals";
import { System } from "../../../test/system";
import { cells, happened } from "../../../test/tables";

const id = reservationIdOf(1);
const path = `/inventory/reservations/${id}`;

const table = async (name: string) => cells(await screen.findByRole("table", { name }));
const details = () => screen.findByRole("region", { name: "Details" });

describe("a reservation", () => {
  it("says what is held where, for what, and what became of it", async () => {
    const lines = [
      { productId: "PROD-001", quantity: 1_000n, location: "MAIN", held: true },
      { productId: "PROD-001", quantity: 2n, location: "NORTH" },
      { productId: "PROD-002", quantity: 3n, location: "MAIN", restocked: 3n },
    ];
    const all = new System(held(1, { lines }));
    const page = await open(path, all);
    expect(await table("Lines")).toEqual([
      ["PROD-001", "MAIN", "1,000", "held"],
      ["PROD-001", "NORTH", "2", "–"],
      ["PROD-002", "MAIN", "3", "3 came back"],
    ]);
    expect(heading()).toContain("Held");
    const named = async (name: string) => within(await details()).getByText(name).nextElementSibling;
    expect((await named("Order"))?.querySelector("a")?.title).toBe(idOf(1));
    expect((await named("Made by"))?.textContent).toBe("hand");
    expect((await named("Expires"))?.querySelector("time")?.dateTime).toBe("2026-03-03T10:15:00.000Z");

    const taken = lines.map((line) => ({ ...line, held: false }));
    const happened = [{ status: ReservationStatus.COMMITTED }];
    all.inventory.put(aReservation(1, { lines: taken, happened, expireTime: at(15), sagaKey: "k" }));
    await page.reload();
    expect((await table("Lines")).map(([, , , state]) => state)).toEqual([
      "taken out",
      "taken out",
      "3 came back",
    ]);
    // Its time matters no more.
    expect((await details()).textContent).not.toContain("Expires");
    expect((await named("Made by"))?.textContent).toBe("the order's fulfilment");
  });

  it("says what was missing, and why", async () => {
    const reason = "not enough stock for 2 of the lines";
    await open(
      path,
      new System(
        aReservation(1, {
          happened: [{ status: ReservationStatus.REJECTED }],
          lines: [],
          shortages: [
            { productId: "PROD-005", requested: 6n, available: 5n },
            { productId: "PROD-001", location: "NORTH", requested: 1_000n },
          ],
          reason,
        }),
      ),
    );
    expect(await table("What was missing")).toEqual([
      ["PROD-005", "anywhere", "6", "5", "1"],
      ["PROD-001", "NORTH", "1,000", "0", "1,000"],
    ]);
    expect(heading()).toContain("Too little stock");
    expect(screen.getByText(reason)).toBeTruthy();
    expect(screen.getByText("Nothing was held for it.")).toBeTruthy();
  });

  it("counts down how long it holds, until it is over", async () => {
    // A second is shown until it is over.
    stopClock(BEGINNING + 200);
    const all = new System(held(1, { expireTime: at(61.5) }));
    await open(path, all);
    const timer = await screen.findByRole("timer");
    expect(timer.textContent).toBe("1:01:30");
    await pass(3_000);
    expect(timer.textContent).toBe("1:01:27");
    await pass(61 * 60_000);
    expect(timer.textContent).toBe("0:27");
    await pass(26_000);
    expect(timer.textContent).toBe("0:01");
    await pass(1_000);
    expect(timer.textContent).toBe("Time is over");
    all.inventory.put(became(all.inventory.get(id), { status: ReservationStatus.EXPIRED }));
    await becomes("Expired");
    expect(timer.isConnected).toBe(false);
    expect((await details()).textContent).toContain("Expires");
  });

  it("follows what happens, and asks for what that changes", async () => {
    const lines = ["MAIN", "NORTH"].map((location) => ({ productId: "PROD-001", quantity: 1n, location }));
    const all = new System(aReservation(1, { lines }));
    await open(path, all);
    const history = await screen.findByRole("list", { name: "Timeline" });
    expect(heading()).toContain("Being held");
    const states = async () => (await table("Lines")).map(([, , , state]) => state);

    // What an event says is seen at once, however long the rest takes.
    let read = () => {};
    const reading = new Promise<void>((resolve) => (read = resolve));
    all.calling = (method) => (method === "GetReservation" ? reading : undefined);
    const hold = { kind: ReservationEventKind.LOCATION_HELD, location: "MAIN" };
    const [first, second] = all.inventory.get(id).lines;
    const partly = [{ ...first, held: true }, { ...second }] as typeof lines;
    all.inventory.put(became({ ...all.inventory.get(id), lines: partly } as Reservation, hold));
    await within(history).findByText("Held at MAIN");
    expect(await states()).toEqual(["–", "–"]);
    read();
    await waitFor(async () => expect(await states()).toEqual(["held", "–"]));

    const short = { kind: ReservationEventKind.LOCATION_SHORT, location: "NORTH" };
    const cancelled = { status: ReservationStatus.REJECTED, reason: "too few at NORTH" };
    const unwinding = became(became(all.inventory.get(id), short), cancelled);
    all.inventory.put({ ...unwinding, unwinding: true });
    await becomes("Too little stock");
    expect(await screen.findByText("What was held is being given back.")).toBeTruthy();

    const released = { kind: ReservationEventKind.LOCATION_RELEASED, location: "MAIN" };
    const done = {
      ...all.inventory.get(id),
      lines: unwinding.lines.map((line) => ({ ...line, held: false })),
    };
    all.inventory.put({
      ...became(became(done, released), { kind: ReservationEventKind.SETTLED }),
      unwinding: false,
    });
    await waitFor(async () => expect(await states()).toEqual(["–", "–"]));
    expect(screen.queryByText("What was held is being given back.")).toBeNull();
    expect(happened(history)).toEqual([
      "Being held",
      "Held at MAIN",
      "Too few at NORTH",
      "Too little stocktoo few at NORTH",
      "Given back at MAIN",
      "Settled",
    ]);
  });

  it("says what went wrong, and asks again", async () => {
    const all = new System();
    const page = await open(path, all);
    const missing = await screen.findByRole("alert");
    expect(missing.textContent).toContain(`This does not existreservation ${id} does not exist`);
    all.inventory.put(held(1));
    await page.click(within(missing).getByRole("button", { name: "Try again" }));
    await becomes("Held");
    page.close();

    all.calling = (method) => {
      if (method === "GetReservation") throw away();
    };
    const other = await open(path, all);
    expect((await screen.findByRole("alert")).textContent).toContain("the database is away");
    all.calling = () => {};
    await other.click(screen.getByRole("button", { name: "Try again" }));
    await becomes("Held");
  });
});
