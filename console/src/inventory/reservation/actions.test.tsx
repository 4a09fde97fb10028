import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Role } from "~/api/roles";
import { type Reservation, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { becomes, closed, open } from "../../../test/harness";
import { aReservation, became, held, reservationIdOf } from "../../../test/inventory";
import { invalid, refused } from "../../../test/refusals";
import { System } from "../../../test/system";
import { cells, faultOf } from "../../../test/tables";

const id = reservationIdOf(1);
const path = `/inventory/reservations/${id}`;

const taken = () => aReservation(1, { happened: [{ status: ReservationStatus.COMMITTED }] });
const button = (name: RegExp) => screen.findByRole("button", { name });
const dialog = (name: string) => within(screen.getByRole("dialog", { name }));
const states = async () =>
  cells(await screen.findByRole("table", { name: "Lines" })).map(([, , , state]) => state);

const COMMIT = "Take the pieces out of stock";
const CANCEL = "Give the pieces back";
const RESTOCK = "Put the pieces back";

describe("what is done to a reservation", () => {
  it("is asked before, and then seen", async () => {
    const all = new System(held(1));
    // Though no stream tells of it.
    all.calling = (method) => (method === "WatchReservation" ? new Promise(() => {}) : undefined);
    const page = await open(path, all, "warehouse");
    await button(/^Take out/);
    await page.press("c");
    expect(all.asked).toEqual([]);
    expect(dialog(COMMIT).queryByLabelText(/^Reason/)).toBeNull();
    await page.click(dialog(COMMIT).getByRole("button", { name: "Take out" }));
    await closed();
    await becomes("Taken");
    await waitFor(async () => expect(await states()).toEqual(["taken out"]));
    expect(await screen.findByText("The pieces left the stock")).toBeTruthy();

    await page.click(await button(/^Restock/));
    await page.fill(dialog(RESTOCK).getByLabelText(/^Reason/), " came back {Enter}");
    await closed();
    await becomes("Taken, put back");
    await waitFor(async () => expect(await states()).toEqual(["2 came back"]));
    expect(screen.queryByRole("button", { name: /^Restock/ })).toBeNull();
    expect(all.asked).toMatchObject([
      { method: "commit", reservationId: id },
      { method: "restock", reservationId: id, reason: "came back" },
    ]);
  });

  it("too late is refused in the server's words, and nothing that was typed is lost", async () => {
    const all = new System(held(1));
    all.before = () => {
      all.inventory.put(became(all.inventory.get(id), { status: ReservationStatus.EXPIRED }));
      throw refused("RESERVATION_STATE", `reservation ${id} is EXPIRED`, { state: "EXPIRED" });
    };
    const page = await open(path, all, "manager");
    await page.click(await button(/^Give back/));
    const reason = () => dialog(CANCEL).getByLabelText(/^Reason/);
    await page.fill(reason(), "not wanted{Enter}");
    expect((await dialog(CANCEL).findByRole("alert")).textContent).toBe(
      `Not possible in the present statereservation ${id} is EXPIREDRESERVATION_STATE · now: EXPIRED`,
    );
    expect(reason()).toHaveProperty("value", "not wanted");
    await becomes("Expired");
    await page.click(dialog(CANCEL).getByRole("button", { name: "Cancel" }));
    await closed();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.queryByRole("button", { name: /^Give back/ })).toBeNull();
  });

  it("is said at the reason when that is wrong", async () => {
    const all = new System(held(1));
    all.before = () => {
      throw invalid({ reason: "must be in English" });
    };
    const page = await open(path, all, "manager");
    await page.click(await button(/^Give back/));
    const reason = () => dialog(CANCEL).getByLabelText(/^Reason/);
    await page.fill(reason(), "zu viel{Enter}");
    await waitFor(() => expect(faultOf(reason())).toBe("must be in English"));
    all.before = () => {};
    await page.fill(reason(), "too many{Enter}");
    await closed();
    await becomes("Given back");
    expect(all.asked.map((asked) => asked.reason)).toEqual(["zu viel", "too many"]);
    expect(all.asked[0]?.requestId).not.toBe(all.asked[1]?.requestId);
  });

  it("is done once, though nobody answered and the page was loaded again", async () => {
    const all = new System(held(1));
    all.before = () => new Promise(() => {});
    const page = await open(path, all, "warehouse");
    await page.click(await button(/^Give back/));
    await page.fill(dialog(CANCEL).getByLabelText(/^Reason/), "not wanted{Enter}");
    const go = () => dialog(CANCEL).getByRole("button", { name: "Give back" });
    expect(go()).toHaveProperty("disabled", true);
    await page.press("{Enter}");
    await waitFor(() => expect(all.asked).toHaveLength(1));

    all.before = () => {};
    const again = await page.reload();
    await screen.findByText("Give back: Sent, but the answer never came");
    await again.click(await button(/^Give back/));
    await again.fill(dialog(CANCEL).getByLabelText(/^Reason/), "another{Enter}");
    expect(go()).toHaveProperty("disabled", true);
    expect(all.asked).toHaveLength(1);
    await again.click(dialog(CANCEL).getByRole("button", { name: "Ask again" }));
    await closed();
    await becomes("Given back");
    expect(all.asked[1]).toEqual(all.asked[0]);
  });

  it("is offered to a role as far as it may, in this state", async () => {
    const offered = async (role: Role, reservation: Reservation) => {
      const page = await open(path, new System(reservation), role);
      await screen.findByRole("table", { name: "Lines" });
      const names = ["Take out", "Give back", "Restock"];
      const found = names.filter((name) => screen.queryByRole("button", { name: new RegExp(`^${name}`) }));
      await page.press("c");
      expect(screen.queryByRole("dialog") !== null).toBe(found.includes("Take out"));
      page.close();
      return found;
    };
    expect(await offered("warehouse", held(1))).toEqual(["Take out", "Give back"]);
    expect(await offered("warehouse", aReservation(1))).toEqual(["Give back"]);
    expect(await offered("warehouse", taken())).toEqual(["Restock"]);
    expect(await offered("manager", held(1))).toEqual(["Take out", "Give back"]);
    expect(await offered("manager", taken())).toEqual([]);
    expect(await offered("auditor", held(1))).toEqual([]);
    expect(await offered("auditor", taken())).toEqual([]);
  });
});
