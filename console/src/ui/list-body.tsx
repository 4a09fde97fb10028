import { type ReactNode, type Ref, useState } from "react";
import { useWords } from "~/i18n";
import { type Column, DataTable, type DataTableHandle, type Rows } from "./data-table";
import { Failure, Loading } from "./states";

/** As much of a list as was read. */
export interface ListState<T> {
  readonly rows: Rows<T> | undefined;
  readonly error: unknown;
  readonly endError: unknown;
  readonly isWhole: boolean;
  readonly retry: () => void;
  readonly retryEnd: () => void;
  readonly onRange: (first: number, last: number) => void;
}

/** A list in whichever state it is. */
export function ListBody<T>({
  list,
  empty,
  ...table
}: {
  list: ListState<T>;
  /** What to say when there is nothing. */
  empty: ReactNode;
  label: string;
  columns: readonly Column<T>[];
  id: (row: T) => string;
  narrow: (row: T) => ReactNode;
  onOpen: (row: T) => void;
  ref: Ref<DataTableHandle>;
}) {
  const [cursor, setCursor] = useState<string>();
  const { rows, error, retry, onRange } = list;
  if (error) {
    return <Failure error={error} onRetry={retry} />;
  }
  if (!rows) {
    return <Loading rows={12} />;
  }
  if (rows.count === 0) {
    return empty;
  }
  return (
    <DataTable
      {...table}
      rows={rows}
      cursor={cursor}
      onCursor={setCursor}
      onRange={onRange}
      foot={<Foot list={list} />}
    />
  );
}

/** Below the last row that was read: that there is more, or no more, or why not. */
function Foot<T>({ list: { endError, retryEnd, isWhole } }: { list: ListState<T> }) {
  const { ui } = useWords();
  if (endError) {
    return (
      <div className="px-4 py-3">
        <Failure inline error={endError} onRetry={retryEnd} />
      </div>
    );
  }
  return <p className="px-4 py-3 text-center text-xs text-ink-3">{isWhole ? ui.end : ui.loading}</p>;
}
