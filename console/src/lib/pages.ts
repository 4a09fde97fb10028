/** One page of a list, as the system gave it. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next one starts; empty on the last. */
  readonly next: string;
}

/** How a list is ordered, and what makes two of its rows the same. */
export interface Order<T> {
  readonly id: (row: T) => string;
  /** Whether `row` comes after `other`. */
  readonly isAfter: (row: T, other: T) => boolean;
  /** Whether nothing about the row is new. */
  readonly isSame: (row: T, other: T) => boolean;
}

/**
 * Pages that were read before, brought up to date by their first page read anew: what came is in front, what left is
 * gone, what changed is changed. `undefined`: so much came that the two do not meet, and the list must be read anew.
 */
export function renew<T>(
  pages: readonly Page<T>[],
  head: Page<T>,
  { id, isAfter, isSame }: Order<T>,
): readonly Page<T>[] | undefined {
  const [first, ...others] = pages;
  const last = head.rows.at(-1);
  if (!first || head.next === "" || last === undefined) {
    return [head];
  }
  const oldest = pages.flatMap((page) => page.rows).at(0);
  if (oldest !== undefined && isAfter(oldest, last)) {
    return undefined;
  }
  const known = new Map(pages.flatMap((page) => page.rows).map((row) => [id(row), row]));
  // Rows that did not change stay the same objects, so that they are not drawn again.
  const rows = head.rows.map((row) => {
    const before = known.get(id(row));
    return before !== undefined && isSame(before, row) ? before : row;
  });
  const rest = ({ rows, next }: Page<T>) => ({ rows: rows.filter((row) => isAfter(row, last)), next });
  const tail = rest(first);
  return [{ rows: [...rows, ...tail.rows], next: tail.next }, ...others.map(rest)];
}

/** The newest first. Ids begin with the time, and it is by them that the system orders. */
export function newestFirst<T>(id: (row: T) => string, isSame: (row: T, other: T) => boolean): Order<T> {
  return { id, isSame, isAfter: (row, other) => id(row) < id(other) };
}
