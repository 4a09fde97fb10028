import { useId, useState } from "react";
import type { UseAction } from "~/api/use-action";
import {
  type AdjustStockRequestSchema,
  MovementType,
  type Product,
} from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { ActionDialog } from "~/ui/action-dialog";
import { Field, Input, Select } from "~/ui/field";
import { Radios } from "~/ui/radios";
import { ReasonField } from "~/ui/reason-field";
import {
  BOOKABLE,
  type Bookable,
  type Direction,
  NOTHING,
  parsePieces,
  signed,
  signOf,
} from "../model/stock";
import { LevelPreview } from "./level-preview";

const RESERVATION = /^res_[0-9a-f]{32}$/;

/** What somebody typed of a movement. */
export interface AdjustDraft {
  readonly type: Bookable;
  readonly direction: Direction;
  readonly location: string;
  readonly text: string;
  readonly reservation: string;
  readonly reason: string;
}

export function noMovement(product: Product): AdjustDraft {
  const location = product.stock[0]?.location ?? "MAIN";
  return { type: "RECEIPT", direction: "more", location, text: "", reservation: "", reason: "" };
}

/** Says which way pieces go before it asks how many, so that nobody has to think of signs. */
export function AdjustDialog({
  product,
  action,
  draft,
  onDraft,
  onClose,
}: {
  product: Product;
  draft: AdjustDraft;
  onDraft: (draft: AdjustDraft) => void;
  action: UseAction<typeof AdjustStockRequestSchema>;
  onClose: () => void;
}) {
  const { inventory } = useWords();
  const words = inventory.adjust;
  const { type, direction, location, text, reservation, reason } = draft;
  const change = (part: Partial<AdjustDraft>) => onDraft({ ...draft, ...part });
  const [tried, setTried] = useState(false);
  const list = useId();

  const parsed = parsePieces(text);
  const quantity = "pieces" in parsed ? signed(type, direction, parsed.pieces) : undefined;
  const place = location.trim();
  const level = product.stock.find((one) => one.location === place);
  const needsReservation = type === "RESTOCK";
  const isReservation = RESERVATION.test(reservation.trim());
  const ready = quantity !== undefined && place !== "" && (!needsReservation || isReservation);
  const said = (field: string) =>
    (action.refusal?.violations ?? [])
      .filter((violation) => violation.field === field)
      .map(({ description }) => description);

  return (
    <ActionDialog
      wide
      title={words.title(product.name)}
      action={action}
      go={words.action}
      explain={action.refusal?.reason === "STOCK_INVARIANT" && <p>{words.invariant}</p>}
      onGo={() => {
        setTried(true);
        if (ready && quantity !== undefined) {
          action.run({
            productId: product.productId,
            location: place,
            quantity,
            type: MovementType[type],
            reason: reason.trim(),
            reservationId: needsReservation ? reservation.trim() : "",
          });
        }
      }}
      onClose={onClose}
    >
      <Radios
        across
        legend={words.type}
        value={type}
        onChange={(next) => change({ type: next })}
        choices={BOOKABLE.map((value) => ({
          value,
          label: inventory.movements.types[value],
          help: words.help[value],
        }))}
      />
      {signOf(type) === "either" && (
        <div className="mt-3">
          <Radios
            across
            legend={words.direction}
            value={direction}
            onChange={(next) => change({ direction: next })}
            choices={(["more", "fewer"] as const).map((value) => ({
              value,
              label: words.directions[type === "HOLD_BACK" ? "HOLD_BACK" : "CORRECTION"][value],
            }))}
          />
        </div>
      )}
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        <Field
          required
          label={words.quantity}
          faults={[
            ...(tried && "fault" in parsed ? [words.faults[parsed.fault]] : []),
            ...(action.refusal?.reason === "STOCK_INVARIANT" ? [] : said("quantity")),
          ]}
        >
          {(wiring) => (
            <Input
              {...wiring}
              inputMode="numeric"
              value={text}
              onChange={(event) => change({ text: event.target.value })}
              className="tabular"
            />
          )}
        </Field>
        <Field
          required
          label={inventory.columns.location}
          faults={[...(tried && place === "" ? [words.faults.location] : []), ...said("location")]}
          help={type === "RECEIPT" && place !== "" && !level ? words.newLocation : undefined}
        >
          {(wiring) =>
            type === "RECEIPT" ? (
              <>
                <Input
                  {...wiring}
                  list={list}
                  maxLength={64}
                  value={location}
                  onChange={(event) => change({ location: event.target.value })}
                />
                <datalist id={list}>
                  {product.stock.map((one) => (
                    <option key={one.location} value={one.location} />
                  ))}
                </datalist>
              </>
            ) : (
              <Select
                {...wiring}
                value={location}
                onChange={(event) => change({ location: event.target.value })}
              >
                {!level && <option value={location}>{location}</option>}
                {product.stock.map((one) => (
                  <option key={one.location}>{one.location}</option>
                ))}
              </Select>
            )
          }
        </Field>
        {needsReservation && (
          <Field
            required
            className="sm:col-span-2"
            label={inventory.columns.reservation}
            faults={[
              ...(tried && !isReservation ? [words.faults.reservation] : []),
              ...said("reservation_id"),
            ]}
            help={words.reservationHelp}
          >
            {(wiring) => (
              <Input
                {...wiring}
                value={reservation}
                onChange={(event) => change({ reservation: event.target.value })}
                className="tabular font-sans"
              />
            )}
          </Field>
        )}
      </div>
      <LevelPreview before={level ?? NOTHING} type={type} quantity={quantity} />
      <ReasonField
        value={reason}
        onChange={(next) => change({ reason: next })}
        refusal={action.refusal}
        help={words.reasonHelp}
      />
    </ActionDialog>
  );
}
