import type { Permission } from "~/api/permissions";
import { type OrderEvent, OrderEventKind, OrderStatus, PaymentMethod } from "~/gen/oms/orders/v1/orders_pb";
import { millis } from "~/lib/time";

/** What a person can do to an order. */
export const ACTIONS = ["approve", "reject", "ship", "deliver", "cancel"] as const;
export type OrderAction = (typeof ACTIONS)[number];

const S = OrderStatus;

/** In which states each is possible, as `services/orders/src/domain/status.rs` has it. */
const POSSIBLE: Record<OrderAction, readonly OrderStatus[]> = {
  approve: [S.PENDING_APPROVAL],
  reject: [S.PENDING_APPROVAL],
  ship: [S.PROCESSING],
  deliver: [S.SHIPPED],
  cancel: [
    S.CREATED,
    S.VALIDATION_PENDING,
    S.PENDING_APPROVAL,
    S.APPROVED,
    S.PAYMENT_PENDING,
    S.PAYMENT_COMPLETED,
    S.PROCESSING,
  ],
};

export const NEEDS: Record<OrderAction, Permission> = {
  approve: "OrdersApproveOrder",
  reject: "OrdersRejectOrder",
  ship: "OrdersShipOrder",
  deliver: "OrdersDeliverOrder",
  cancel: "OrdersCancelOrder",
};

export function isPossible(action: OrderAction, status: OrderStatus): boolean {
  return POSSIBLE[action].includes(status);
}

/** States that nothing follows. */
export function isFinal(status: OrderStatus): boolean {
  return [S.DELIVERED, S.VALIDATION_FAILED, S.AUTO_REJECTED, S.REJECTED, S.CANCELLED].includes(status);
}

/** The stations of the way that every order hopes to go. */
export const LINE = [
  S.CREATED,
  S.VALIDATION_PENDING,
  S.PENDING_APPROVAL,
  S.APPROVED,
  S.PAYMENT_PENDING,
  S.PAYMENT_COMPLETED,
  S.PROCESSING,
  S.SHIPPED,
  S.DELIVERED,
] as const;

/** As little of an event as the picture needs. */
export interface Step {
  readonly kind: OrderEventKind;
  readonly status: OrderStatus;
  readonly at: number;
}

export interface Station {
  readonly status: OrderStatus;
  /** When it was reached; `undefined`: it was not. */
  readonly at: number | undefined;
  readonly state: "passed" | "here" | "ahead" | "never";
}

export interface Way {
  readonly line: readonly Station[];
  /** Where it ended beside the line, and after which station it left. */
  readonly exit:
    | { readonly status: OrderStatus; readonly at: number | undefined; readonly after: number }
    | undefined;
}

/** The way an order took, from what happened to it. */
export function wayOf(status: OrderStatus, steps: readonly Step[], method: PaymentMethod): Way {
  const reached = new Map<OrderStatus, number>();
  for (const step of steps) {
    if (step.kind === OrderEventKind.STATUS_CHANGED && !reached.has(step.status)) {
      reached.set(step.status, step.at);
    }
  }
  // Without a payment method an order rests when it is approved: nothing is charged or shipped.
  const stations = LINE.filter(
    (s) => method !== PaymentMethod.UNSPECIFIED || s <= S.APPROVED || reached.has(s),
  );
  const onLine = stations.includes(status as (typeof LINE)[number]);
  const last = onLine ? stations.indexOf(status as (typeof LINE)[number]) : lastReached(stations, reached);
  const line = stations.map((station, index): Station => {
    const at = reached.get(station);
    if (index > last) {
      return { status: station, at: undefined, state: onLine ? "ahead" : "never" };
    }
    return { status: station, at, state: onLine && index === last ? "here" : "passed" };
  });
  return { line, exit: onLine ? undefined : { status, at: reached.get(status), after: last } };
}

function lastReached(stations: readonly OrderStatus[], reached: ReadonlyMap<OrderStatus, number>): number {
  return stations.reduce((last, station, index) => (reached.has(station) ? index : last), 0);
}

/** A step of the fulfilment, as the reasons of undos name it. */
export const FULFILMENT = ["reserve", "charge", "commit"] as const;
export type FulfilmentStep = (typeof FULFILMENT)[number];

export interface Undo {
  readonly step: FulfilmentStep;
  readonly state: "undone" | "undoing" | "waiting" | "delayed";
  /** In the server's words. */
  readonly words: string;
  /** When it was undone. */
  readonly at: number | undefined;
}

type Told = Pick<OrderEvent, "kind" | "status" | "reason"> &
  Partial<Pick<OrderEvent, "createTime" | "actor">>;

/** The step that the system tries in a state. */
const TRIED = new Map<OrderStatus, FulfilmentStep>([
  [S.APPROVED, "reserve"],
  [S.PAYMENT_PENDING, "charge"],
  [S.PAYMENT_COMPLETED, "commit"],
]);

/** The step for which the system gave an order up; nothing where a person did, or before there were steps. */
export function failureOf(events: readonly Told[]): FulfilmentStep | undefined {
  const changes = events.filter((event) => event.kind === OrderEventKind.STATUS_CHANGED);
  const end = changes.findIndex((event) => event.status === S.CANCELLED);
  const before = changes[end - 1];
  return before && changes[end]?.actor === "system" ? TRIED.get(before.status) : undefined;
}

/**
 * What of a cancelled order's fulfilment is undone, last step first. Which steps there were is seen from how far the
 * order had come; one that was under way counts, because its outcome was not known.
 */
export function undosOf(unwinding: boolean, events: readonly Told[]): readonly Undo[] {
  const was = new Set(events.filter((e) => e.kind === OrderEventKind.STATUS_CHANGED).map((e) => e.status));
  const begun = (step: FulfilmentStep) =>
    ({
      reserve: was.has(S.APPROVED),
      charge: was.has(S.PAYMENT_PENDING),
      commit: was.has(S.PAYMENT_COMPLETED),
    })[step];
  const told = (kind: OrderEventKind, step: FulfilmentStep) => {
    const event = events.findLast((e) => e.kind === kind && stepOf(e.reason).step === step);
    return event && { ...stepOf(event.reason), at: event.createTime && millis(event.createTime) };
  };

  const undos: Undo[] = [];
  let busy = false;
  for (const step of [...FULFILMENT].reverse()) {
    const undone = told(OrderEventKind.STEP_UNDONE, step);
    if (undone) {
      undos.push({ step, state: "undone", words: undone.words, at: undone.at });
    } else if (unwinding && begun(step)) {
      const delayed = told(OrderEventKind.UNDO_DELAYED, step);
      const state = busy ? "waiting" : delayed === undefined ? "undoing" : "delayed";
      undos.push({ step, state, words: delayed?.words ?? "", at: undefined });
      busy = true;
    }
  }
  return undos;
}

/** `charge: the charge was refunded` in its parts. */
export function stepOf(reason: string): {
  readonly step: FulfilmentStep | undefined;
  readonly words: string;
} {
  const step = FULFILMENT.find((name) => reason.startsWith(`${name}:`));
  return { step, words: step ? reason.slice(step.length + 1).trim() : reason };
}
