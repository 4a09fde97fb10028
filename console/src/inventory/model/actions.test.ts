import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { allows, type Can } from "~/api/permissions";
import type { Role } from "~/api/roles";
import { ReservationSchema, ReservationStatus } from "~/gen/oms/inventory/v1/inventory_pb";
import { actionsOf } from "./actions";

const as =
  (role: Role): Can =>
  (permission) =>
    allows([role], permission);
const reservation = (status: ReservationStatus, restocked = 0n) =>
  create(ReservationSchema, { status, lines: [{ productId: "PROD-001", quantity: 2n, restocked }] });

describe("what can be done to a reservation", () => {
  it("follows its state", () => {
    const can = as("warehouse");
    expect(actionsOf(reservation(ReservationStatus.PENDING), can)).toEqual(["cancel"]);
    expect(actionsOf(reservation(ReservationStatus.RESERVED), can)).toEqual(["commit", "cancel"]);
    expect(actionsOf(reservation(ReservationStatus.COMMITTED), can)).toEqual(["restock"]);
    expect(actionsOf(reservation(ReservationStatus.COMMITTED, 2n), can)).toEqual([]);
    for (const status of [
      ReservationStatus.CANCELLED,
      ReservationStatus.EXPIRED,
      ReservationStatus.REJECTED,
    ]) {
      expect(actionsOf(reservation(status), can)).toEqual([]);
    }
  });

  it("follows the role", () => {
    expect(actionsOf(reservation(ReservationStatus.RESERVED), as("manager"))).toEqual(["commit", "cancel"]);
    expect(actionsOf(reservation(ReservationStatus.COMMITTED), as("manager"))).toEqual([]);
    expect(actionsOf(reservation(ReservationStatus.RESERVED), as("auditor"))).toEqual([]);
  });
});
