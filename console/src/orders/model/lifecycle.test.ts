import { describe, expect, it } from "vitest";
import { OrderEventKind as K, PaymentMethod, OrderStatus as S } from "~/gen/oms/orders/v1/orders_pb";
import { failureOf, isPossible, undosOf, wayOf } from "./lifecycle";

const steps = (...statuses: S[]) =>
  statuses.map((status, i) => ({ kind: K.STATUS_CHANGED, status, at: i * 1000, reason: "" }));

describe("the way of an order", () => {
  it("shows where it is and what lies ahead", () => {
    const way = wayOf(S.PENDING_APPROVAL, steps(S.CREATED, S.VALIDATION_PENDING, S.PENDING_APPROVAL), 1);
    expect(way.line.map((s) => s.state)).toEqual([
      "passed",
      "passed",
      "here",
      "ahead",
      "ahead",
      "ahead",
      "ahead",
      "ahead",
      "ahead",
    ]);
    expect(way.exit).toBeUndefined();
  });

  it("leaves the line where the order left it", () => {
    const way = wayOf(
      S.CANCELLED,
      steps(S.CREATED, S.PENDING_APPROVAL, S.APPROVED, S.PAYMENT_PENDING, S.CANCELLED),
      1,
    );
    expect(way.exit).toEqual({ status: S.CANCELLED, at: 4000, after: 4 });
    // The check was passed without a stop of its own.
    expect(way.line.slice(0, 5).map((s) => [s.state, s.at])).toEqual([
      ["passed", 0],
      ["passed", undefined],
      ["passed", 1000],
      ["passed", 2000],
      ["passed", 3000],
    ]);
    expect(way.line.slice(5).every((s) => s.state === "never")).toBe(true);
  });

  it("ends with the approval where there is no payment method", () => {
    const way = wayOf(
      S.APPROVED,
      steps(S.CREATED, S.PENDING_APPROVAL, S.APPROVED),
      PaymentMethod.UNSPECIFIED,
    );
    expect(way.line.at(-1)).toMatchObject({ status: S.APPROVED, state: "here" });
  });
});

describe("what an order was given up for", () => {
  const given = (actor: string, ...statuses: S[]) =>
    steps(...statuses, S.CANCELLED).map((step) => ({ ...step, actor }));

  it("is the step that the system tried", () => {
    expect(failureOf(given("system", S.CREATED, S.PENDING_APPROVAL, S.APPROVED))).toBe("reserve");
    expect(failureOf(given("system", S.APPROVED, S.PAYMENT_PENDING))).toBe("charge");
  });

  it("is no step where a person cancelled, or nothing was tried", () => {
    expect(failureOf(given("manager:alice", S.APPROVED, S.PAYMENT_PENDING))).toBeUndefined();
    expect(failureOf(given("system", S.CREATED, S.PENDING_APPROVAL))).toBeUndefined();
    expect(failureOf(steps(S.CREATED, S.REJECTED))).toBeUndefined();
  });
});

describe("actions", () => {
  it("are those of the state", () => {
    expect(isPossible("approve", S.PENDING_APPROVAL)).toBe(true);
    expect(isPossible("approve", S.APPROVED)).toBe(false);
    expect(isPossible("cancel", S.SHIPPED)).toBe(false);
    expect(isPossible("ship", S.PROCESSING)).toBe(true);
  });
});

describe("undos", () => {
  const charged = steps(S.CREATED, S.PENDING_APPROVAL, S.APPROVED, S.PAYMENT_PENDING, S.CANCELLED);
  const undone = (reason: string) => ({ kind: K.STEP_UNDONE, status: S.CANCELLED, reason });

  it("go last step first, one at a time", () => {
    expect(undosOf(true, charged).map((u) => [u.step, u.state])).toEqual([
      ["charge", "undoing"],
      ["reserve", "waiting"],
    ]);
    expect(undosOf(true, [...charged, undone("charge: the charge was refunded")])).toEqual([
      { step: "charge", state: "undone", words: "the charge was refunded" },
      { step: "reserve", state: "undoing", words: "" },
    ]);
  });

  it("say what is slow, and why", () => {
    const slow = { kind: K.UNDO_DELAYED, status: S.CANCELLED, reason: "charge: payments is away" };
    expect(undosOf(true, [...charged, slow])[0]).toEqual({
      step: "charge",
      state: "delayed",
      words: "payments is away",
    });
  });

  it("are over when the order no longer unwinds", () => {
    const done = [
      ...charged,
      undone("charge: nothing was charged"),
      undone("reserve: the stock was released"),
    ];
    expect(undosOf(false, done).every((u) => u.state === "undone")).toBe(true);
    expect(undosOf(false, steps(S.CREATED, S.CANCELLED))).toEqual([]);
  });
});
