import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import {
  type AdjustStockRequest,
  InventoryService,
  type Movement,
  MovementSchema,
  MovementType,
  type Product,
  ProductSchema,
  type Reservation,
  ReservationEventKind,
  ReservationEventSchema,
  ReservationSchema,
  ReservationStatus,
  type StockLevel,
  StockLevelSchema,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { Kept, page } from "./kept";
import { at, digits, idOf } from "./orders";
import type { Once } from "./system";

/** A location, and what is on hand, held back and reserved there. */
export type Level = readonly [location: string, onHand: bigint, heldBack?: bigint, reserved?: bigint];

function level([location, onHand, heldBack = 0n, reserved = 0n]: Level): StockLevel {
  const available = onHand - heldBack - reserved;
  return create(StockLevelSchema, { location, onHand, heldBack, reserved, available });
}

export function aProduct(productId: string, name: string, ...levels: Level[]): Product {
  const stock = levels.map(level);
  const availableQuantity = stock.reduce((sum, { available }) => sum + available, 0n);
  return create(ProductSchema, {
    productId,
    name,
    stock,
    availableQuantity,
    lowStock: availableQuantity < 10n,
  });
}

export function aMovement(
  type: MovementType,
  quantity: bigint,
  rest: MessageInitShape<typeof MovementSchema> = {},
) {
  return create(MovementSchema, { type, quantity, location: "MAIN", createTime: at(0), ...rest });
}

export const reservationIdOf = (n: number) => `res_${digits(n)}`;

type Happened = Omit<MessageInitShape<typeof ReservationEventSchema>, "sequence" | "createTime">;

/** A reservation that these things have happened to. */
export function aReservation(
  n: number,
  { happened = [], ...rest }: MessageInitShape<typeof ReservationSchema> & { happened?: Happened[] } = {},
): Reservation {
  const made = create(ReservationSchema, {
    reservationId: reservationIdOf(n),
    orderId: idOf(n),
    lines: [{ productId: "PROD-001", quantity: 2n, location: "MAIN" }],
    createTime: at(0),
    ...rest,
  });
  return [{ status: ReservationStatus.PENDING }, ...happened].reduce(became, made);
}

/** Its pieces are held, for a quarter of an hour after the beginning unless it is said otherwise. */
export function held(n: number, rest: MessageInitShape<typeof ReservationSchema> = {}): Reservation {
  const lines = [{ productId: "PROD-001", quantity: 2n, location: "MAIN", held: true }];
  return aReservation(n, {
    expireTime: at(15),
    lines,
    ...rest,
    happened: [{ status: ReservationStatus.RESERVED }],
  });
}

/** The reservation after one thing more. */
export function became(before: Reservation, event: Happened): Reservation {
  const reservation = clone(ReservationSchema, before);
  reservation.sequence += 1n;
  reservation.status = event.status ?? before.status;
  reservation.updateTime = at(Number(before.sequence));
  const { kind = ReservationEventKind.STATUS_CHANGED, actor = "system", reason = "", location = "" } = event;
  reservation.timeline.push(
    create(ReservationEventSchema, {
      kind,
      actor,
      reason,
      location,
      status: reservation.status,
      sequence: reservation.sequence,
      createTime: reservation.updateTime,
    }),
  );
  return reservation;
}

/** Products with their stock and its movements, and reservations. */
export class Inventory {
  products: Product[] = [];
  /** The newest first. */
  movements: Movement[] = [];
  private readonly kept = new Kept("reservation", (reservation: Reservation) => reservation.reservationId);

  constructor(private readonly once: Once) {}

  put(reservation: Reservation): Reservation {
    return this.kept.put(reservation);
  }

  get(reservationId: string): Reservation {
    return this.kept.get(reservationId);
  }

  product(id: string): Product {
    const found = this.products.find(({ productId }) => productId === id);
    if (!found) throw new ConnectError(`unknown product: ${id}`, Code.NotFound);
    return found;
  }

  /** The stock of a product as it is from now on. */
  stock(id: string, ...levels: Level[]): void {
    this.products = this.products.map((before) =>
      before.productId === id ? aProduct(id, before.name, ...levels) : before,
    );
  }

  serve({ service }: ConnectRouter): void {
    service(InventoryService, {
      listProducts: (request) => {
        const { lowStock } = request;
        const search = request.search.toLowerCase();
        const fitting = this.products
          .filter((product) => product.lowStock || !lowStock)
          .filter(
            ({ productId, name }) =>
              productId.toLowerCase().startsWith(search) || name.toLowerCase().includes(search),
          );
        const { rows, nextPageToken } = page(fitting, request);
        return { products: rows, nextPageToken };
      },
      batchGetProducts: ({ productIds }) => ({
        products: this.products.filter(({ productId }) => productIds.includes(productId)),
      }),
      getProduct: ({ productId }) => ({ product: this.product(productId) }),
      listMovements: (request) => {
        const there = this.movements.filter(
          ({ location }) => request.location === "" || location === request.location,
        );
        const { rows, nextPageToken } = page(there, request);
        return { movements: rows, nextPageToken };
      },
      adjustStock: (request) => this.once({ ...request, method: "adjust" }, () => this.adjust(request)),
      listReservations: (request) => {
        const { rows, nextPageToken } = this.kept.list(request);
        return { reservations: rows, nextPageToken };
      },
      getReservation: ({ reservationId }) => ({ reservation: this.get(reservationId) }),
      watchReservation: ({ reservationId, afterSequence }, context) =>
        this.kept.events(context, reservationId, afterSequence),
      commitReservation: (request) => this.settle("commit", request, ReservationStatus.COMMITTED),
      cancelReservation: (request) => this.settle("cancel", request, ReservationStatus.CANCELLED),
      restockReservation: (request) => this.settle("restock", request, ReservationStatus.COMMITTED),
    });
  }

  private adjust({ productId, location, quantity, type, reason }: AdjustStockRequest) {
    const before = this.product(productId).stock;
    const change = (of: Level): Level => {
      const [, onHand, heldBack = 0n, reserved = 0n] = of;
      return type === MovementType.HOLD_BACK
        ? [location, onHand, heldBack + quantity, reserved]
        : [location, onHand + quantity, heldBack, reserved];
    };
    const levels = before.map((of): Level => [of.location, of.onHand, of.heldBack, of.reserved]);
    if (!levels.some(([name]) => name === location)) levels.push([location, 0n]);
    const after = levels.map((of) => (of[0] === location ? change(of) : of));
    this.stock(productId, ...after);
    this.movements = [
      aMovement(type, quantity, { location, reason, actor: "warehouse:wim" }),
      ...this.movements,
    ];
    const stock = this.product(productId).stock.find((one) => one.location === location);
    return { productId, ...(stock && { stock }) };
  }

  private settle(
    method: string,
    request: { reservationId: string; requestId: string; reason?: string },
    status: ReservationStatus,
  ) {
    return this.once({ ...request, method }, () => {
      const before = this.get(request.reservationId);
      const lines = before.lines.map((line) => ({
        ...line,
        held: false,
        restocked: method === "restock" ? line.quantity : 0n,
      }));
      const event = { status, reason: request.reason ?? "", actor: "warehouse:wim" };
      return { reservation: this.put(became({ ...before, lines }, event)) };
    });
  }
}
