import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type Ref, useEffect, useId, useImperativeHandle, useMemo, useRef } from "react";
import { useAnchor } from "./anchor";
import { cx } from "./classes";
import { useKeyboard } from "./table-keyboard";
import { Cells, type Shown, useModel } from "./table-model";
import { useWidth } from "./width";

export interface Column<T> {
  readonly id: string;
  readonly header: ReactNode;
  /** A track of the grid: `120px`, `minmax(0, 1fr)`. */
  readonly width: string;
  readonly cell: (row: T) => ReactNode;
  readonly end?: boolean;
  /** Only where the table is at least so wide, in pixels. */
  readonly from?: number;
}

/** Rows that may be many more than are in memory. */
export interface Rows<T> {
  readonly count: number;
  /** `undefined` while it is not in memory. */
  at(index: number): T | undefined;
  /** -1: not there. Needed only where rows are inserted while somebody reads. */
  indexOf?(id: string): number;
}

export interface DataTableHandle {
  toTop(): void;
  focus(): void;
}

export interface DataTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: Rows<T>;
  id: (row: T) => string;
  /** The same row on a narrow screen, where columns have no place. */
  narrow: (row: T) => ReactNode;
  /** Below this width, in pixels. */
  narrowBelow?: number;
  /** The row that the keyboard is on. */
  cursor?: string | undefined;
  onCursor?: (id: string | undefined) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (ids: string[], on: boolean) => void;
  onOpen?: (row: T) => void;
  /** What other keys do to the row under the cursor. */
  onKey?: (key: string, row: T) => boolean;
  /** Which rows are seen. */
  onRange?: (first: number, last: number) => void;
  /** Whether the top is out of sight. */
  onScrolled?: (scrolled: boolean) => void;
  rowClass?: (row: T) => string | undefined;
  /** After the last row. */
  foot?: ReactNode;
  ref?: Ref<DataTableHandle>;
}

const ROW = 36;
const NARROW_ROW = 62;
/** Below this width a row has two lines and no columns: those of every list fit above it. */
const NARROW = 768;

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, id, narrow, narrowBelow = NARROW } = props;
  const { cursor, selected, onRange, rowClass, foot, ref } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const tableId = useId();
  const width = useWidth(scroller);
  const isNarrow = width < narrowBelow;
  const height = isNarrow ? NARROW_ROW : ROW;

  const virtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height is what changes the measures
  useEffect(() => virtual.measure(), [height, virtual]);
  useAnchor({ scroller, offset: virtual.scrollOffset ?? 0, rows, id, height, held: cursor !== undefined });

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => onRange?.(first, last), [onRange, first, last]);

  const shown = useMemo(() => {
    const found: Shown<T>[] = [];
    for (let index = first; index <= last; index++) {
      const row = rows.at(index);
      if (row !== undefined) found.push({ index, row });
    }
    return found;
  }, [rows, first, last]);
  const model = useModel(columns, shown, id, width);
  const byIndex = new Map(shown.map(({ index }, n) => [index, model.rows[n]]));
  const template = model.tracks;
  // Only what is an element now can be pointed at.
  const holdsCursor = cursor !== undefined && shown.some(({ row }) => id(row) === cursor);

  useImperativeHandle(ref, () => ({
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    focus: () => grid.current?.focus(),
  }));

  const onKeyDown = useKeyboard(
    props,
    (index) => virtual.scrollToIndex(index, { align: "auto" }),
    height,
    scroller,
  );

  return (
    <div
      ref={scroller}
      onScroll={(event) => props.onScrolled?.(event.currentTarget.scrollTop > 4)}
      className="relative min-h-0 flex-1 overflow-auto overscroll-contain"
    >
      <div
        ref={grid}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.count + 1}
        aria-multiselectable={selected !== undefined || undefined}
        aria-activedescendant={holdsCursor ? `${tableId}-${cursor}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => pressed(event, props)}
        className="group/grid min-w-full outline-none"
      >
        <div role="rowgroup" className="sticky top-0 z-10 bg-paper">
          <div
            role="row"
            aria-rowindex={1}
            style={{ gridTemplateColumns: template }}
            className={cx(
              "grid h-8 items-center gap-x-5 border-b border-line px-4 text-xs text-ink-3 sm:px-5",
              isNarrow && "sr-only",
            )}
          >
            {model.heads.map((head) => (
              <div role="columnheader" key={head.id} className={cx("truncate", head.end && "text-right")}>
                {head.content}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = byIndex.get(item.index);
            const rowId = row?.id;
            return (
              <div
                key={rowId ?? `#${item.index}`}
                id={rowId === undefined ? undefined : `${tableId}-${rowId}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={selected && rowId !== undefined ? selected.has(rowId) : undefined}
                data-cursor={(rowId !== undefined && rowId === cursor) || undefined}
                data-index={item.index}
                style={{ transform: `translateY(${item.start}px)`, height, gridTemplateColumns: template }}
                className={cx(
                  "group/row absolute inset-x-0 border-b border-line/70 px-4 sm:px-5",
                  isNarrow ? "flex items-center" : "grid items-center gap-x-5",
                  row && props.onOpen && "cursor-pointer hover:bg-hover",
                  rowId !== undefined && selected?.has(rowId)
                    ? "bg-accent-tint"
                    : "group-focus-visible/grid:data-cursor:bg-hover",
                  "data-cursor:shadow-[inset_2px_0_0_var(--accent)]",
                  row && rowClass?.(row.original),
                )}
              >
                {row === undefined ? (
                  <div
                    role="gridcell"
                    className="h-3 w-2/5 animate-[breathe_1.6s_infinite] rounded-sm bg-sunken"
                  />
                ) : isNarrow ? (
                  <div role="gridcell" className="w-full min-w-0">
                    {narrow(row.original)}
                  </div>
                ) : (
                  <Cells row={row} original={row.original} tracks={template} ends={model.ends} />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {foot}
    </div>
  );
}

function pressed<T>(event: React.MouseEvent, { rows, onOpen, onCursor, id }: DataTableProps<T>): void {
  const target = event.target as HTMLElement;
  // What is in the row and can be pressed itself, and text that is being marked.
  if (target.closest("a, button, input, label") || getSelection()?.toString()) {
    return;
  }
  const index = target.closest<HTMLElement>("[data-index]")?.dataset.index;
  const row = index === undefined ? undefined : rows.at(Number(index));
  if (row !== undefined) {
    onCursor?.(id(row));
    onOpen?.(row);
  }
}
