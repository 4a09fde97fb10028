import { useCallback, useRef } from "react";
import type { DataTableProps, Rows } from "./data-table";

/** Moves the cursor, selects and opens by keyboard; other keys are the view's. */
export function useKeyboard<T>(
  props: DataTableProps<T>,
  reveal: (index: number) => void,
  height: number,
  scroller: React.RefObject<HTMLDivElement | null>,
) {
  const current = useRef(props);
  current.current = props;
  return useCallback(
    (event: React.KeyboardEvent) => {
      const { rows, id, cursor, onCursor, onOpen, onSelect, selected, onKey } = current.current;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const at = cursor === undefined ? -1 : findIndex(rows, id, cursor);
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 2);
      const steps: Record<string, number> = {
        ArrowDown: at + 1,
        j: at + 1,
        ArrowUp: Math.max(0, at - 1),
        k: Math.max(0, at - 1),
        PageDown: at + page,
        PageUp: Math.max(0, at - page),
        Home: 0,
        End: rows.count - 1,
      };
      const to = steps[event.key];
      if (to !== undefined) {
        event.preventDefault();
        const index = Math.min(to, rows.count - 1);
        const row = rows.at(index);
        reveal(index);
        if (row !== undefined) {
          onCursor?.(id(row));
          const from = at < 0 ? undefined : rows.at(at);
          if (event.shiftKey && onSelect)
            onSelect(from === undefined ? [id(row)] : [id(from), id(row)], true);
        }
        return;
      }
      const row = at < 0 ? undefined : rows.at(at);
      if (row === undefined) {
        return;
      }
      if (event.key === "Enter" && event.target === event.currentTarget) {
        event.preventDefault();
        onOpen?.(row);
      } else if (event.key === " " && onSelect && event.target === event.currentTarget) {
        event.preventDefault();
        onSelect([id(row)], !selected?.has(id(row)));
      } else if (onKey?.(event.key, row)) {
        event.preventDefault();
      }
    },
    [reveal, height, scroller],
  );
}

function findIndex<T>(rows: Rows<T>, id: (row: T) => string, wanted: string): number {
  if (rows.indexOf) {
    return rows.indexOf(wanted);
  }
  for (let index = 0; index < rows.count; index++) {
    const row = rows.at(index);
    if (row !== undefined && id(row) === wanted) return index;
  }
  return -1;
}
