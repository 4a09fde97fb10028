import { useInfiniteQuery } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";
import { ReservationRef } from "~/domain/links";
import { actorWords } from "~/domain/timeline";
import { InventoryService, type Movement, type Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useWords } from "~/i18n";
import { millis } from "~/lib/time";
import { Button } from "~/ui/button";
import { Moment, Section } from "~/ui/details";
import { Cell, Head, Plain } from "~/ui/layout";
import { FilterMenu, MenuChoices } from "~/ui/menu";
import { Failure, Loading } from "~/ui/states";
import { movementName, sum } from "../model/stock";
import { Pieces } from "../pieces";

/** What was booked, the newest first. It is asked for anew whenever the stock is another than before. */
export function Movements({ product }: { product: Product }) {
  const { inventory } = useWords();
  const [location, setLocation] = useState<string>();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    InventoryService.method.listMovements,
    { productId: product.productId, location: location ?? "", pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const total = sum(product.stock);
  const state = `${total.onHand}/${total.heldBack}`;
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== state) {
      before.current = state;
      void refetch();
    }
  }, [state, refetch]);

  const movements = data?.pages.flatMap((page) => page.movements);
  return (
    <Section
      title={inventory.movements.title}
      aside={
        product.stock.length > 1 && (
          <FilterMenu
            name={inventory.columns.location}
            chosen={location}
            onClear={() => setLocation(undefined)}
          >
            <MenuChoices
              value={location}
              onChange={setLocation}
              choices={product.stock.map((level) => ({ value: level.location, label: level.location }))}
            />
          </FilterMenu>
        )
      }
    >
      {!movements ? (
        error ? (
          <Failure inline error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading rows={4} />
        )
      ) : movements.length === 0 ? (
        <p className="text-ink-3">{inventory.movements.none}</p>
      ) : (
        <>
          <MovementTable movements={movements} />
          {hasNextPage && (
            <Button size="sm" className="mt-2" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {inventory.movements.more}
            </Button>
          )}
        </>
      )}
    </Section>
  );
}

function MovementTable({ movements }: { movements: readonly Movement[] }) {
  const { inventory, ui, frame } = useWords();
  const words = inventory.movements;
  const nameOf = (actor: string) => actorWords(actor, frame.roles) || ui.system;
  return (
    <Plain label={words.title}>
      <thead>
        <tr>
          <Head>{words.when}</Head>
          <Head>{words.type}</Head>
          <Head end>{words.quantity}</Head>
          <Head>{inventory.columns.location}</Head>
          <Head className="max-sm:hidden">{words.reason}</Head>
          <Head className="max-sm:hidden">{words.who}</Head>
        </tr>
      </thead>
      <tbody>
        {movements.map(({ createTime, type, quantity, location, reason, reservationId, actor }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: movements have no ids, and hold no state here
          <tr key={index} className="border-t border-line/70 first:border-t-0">
            <Cell className="text-ink-2">{createTime && <Moment ms={millis(createTime)} />}</Cell>
            <Cell>
              {words.types[movementName(type)]}
              <div className="text-xs text-ink-2 sm:hidden">
                {reason} <By reservationId={reservationId} />{" "}
                <span className="text-ink-3">{nameOf(actor)}</span>
              </div>
            </Cell>
            <Cell end className="font-medium">
              <Pieces n={quantity} signed />
            </Cell>
            <Cell>{location}</Cell>
            <Cell className="min-w-40 max-sm:hidden">
              {reason} <By reservationId={reservationId} />
            </Cell>
            <Cell className="text-ink-2 max-sm:hidden">{nameOf(actor)}</Cell>
          </tr>
        ))}
      </tbody>
    </Plain>
  );
}

function By({ reservationId }: { reservationId: string }) {
  return reservationId ? <ReservationRef id={reservationId} /> : null;
}
