import { type RefObject, useLayoutEffect, useRef } from "react";
import type { Rows } from "./data-table";

/**
 * Keeps what one reads where it is when rows appear or go above it. At the very top new rows may come into sight,
 * unless somebody holds on to a row.
 */
export function useAnchor<T>({
  scroller,
  offset,
  rows,
  id,
  height,
  held,
}: {
  scroller: RefObject<HTMLElement | null>;
  /** How far it is scrolled. Given, because to ask the page for it would make it reckon its layout twice. */
  offset: number;
  rows: Rows<T>;
  id: (row: T) => string;
  height: number;
  held: boolean;
}): void {
  const anchor = useRef<{ rows: Rows<T>; id: string; index: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const before = anchor.current;
    if (before && before.rows !== rows && rows.indexOf && (offset > 0 || held)) {
      const index = rows.indexOf(before.id);
      if (index >= 0 && index !== before.index) {
        scroller.current?.scrollBy({ top: (index - before.index) * height, behavior: "instant" });
        anchor.current = { ...before, rows, index };
        return;
      }
    }
    const index = Math.floor(offset / height);
    const row = rows.at(index);
    anchor.current = row === undefined ? undefined : { rows, id: id(row), index };
  });
}
