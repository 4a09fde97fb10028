import {
  columnVisibilityFeature,
  createColumnHelper,
  type Row as TableRow,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { memo, type ReactNode, useMemo } from "react";
import { cx } from "./classes";
import type { Column } from "./data-table";

const features = tableFeatures({ columnVisibilityFeature });

export interface Shown<T> {
  index: number;
  row: T;
}

/** The rows in sight and the columns that there is room for. */
export function useModel<T>(
  columns: readonly Column<T>[],
  shown: Shown<T>[],
  id: (row: T) => string,
  width: number,
) {
  const data = useMemo(() => shown.map(({ row }) => row), [shown]);
  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, NonNullable<T> & object>();
    return helper.columns(
      columns.map(({ id, header, cell }) =>
        helper.display({ id, header: () => header, cell: ({ row }) => cell(row.original as T) }),
      ),
    );
  }, [columns]);
  const columnVisibility = useMemo(
    () =>
      Object.fromEntries(
        columns.map((column) => [column.id, column.from === undefined || width >= column.from]),
      ),
    [columns, width],
  );
  const table = useTable({
    features,
    columns: defs,
    data: data as (NonNullable<T> & object)[],
    getRowId: (row) => id(row as T),
    state: { columnVisibility },
  });
  const visible = columns.filter((column) => columnVisibility[column.id]);
  const key = visible.map((column) => column.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the ids say which columns there are
  const ends = useMemo(
    () => new Set(visible.flatMap((column) => (column.end ? [column.id] : []))),
    [key, columns],
  );
  return {
    rows: table.getRowModel().rows as unknown as (TableRow<typeof features, NonNullable<T> & object> & {
      original: T;
    })[],
    heads: visible.map(({ id, header, end }) => ({ id, content: header, end })),
    tracks: visible.map((column) => column.width).join(" "),
    ends,
  };
}

/** The cells of one row; drawn again only when the row or the columns are others. */
export const Cells = memo(
  function Cells({
    row,
    ends,
  }: {
    row: {
      getVisibleCells(): { id: string; column: { id: string; columnDef: { cell?: unknown } } }[];
      original: unknown;
    };
    original: unknown;
    tracks: string;
    ends: ReadonlySet<string>;
  }) {
    return row.getVisibleCells().map((cell) => (
      <div
        role="gridcell"
        key={cell.id}
        className={cx("min-w-0 truncate", ends.has(cell.column.id) && "text-right")}
      >
        {(cell.column.columnDef.cell as (context: { row: unknown }) => ReactNode)({ row })}
      </div>
    ));
  },
  (before, after) =>
    before.original === after.original && before.tracks === after.tracks && before.ends === after.ends,
);
