import { fireEvent, screen } from "@testing-library/react";

/** What stands below the head of a table, row by row and cell by cell, on a wide page. Times are those of Greenwich. */
export function cells(table: HTMLElement): string[][] {
  const copy = table.cloneNode(true) as HTMLElement;
  for (const narrow of copy.querySelectorAll("[class~='sm:hidden']")) narrow.remove();
  for (const time of copy.querySelectorAll("time")) time.textContent = time.dateTime.slice(11, 16);
  return [...copy.querySelectorAll("[role=row], tr")]
    .slice(1)
    .map((row) => [...row.children].map(({ textContent }) => textContent ?? ""));
}

/** The list of a page. */
export const list = () => screen.getByRole("grid");
export const listed = () => cells(list());

/** Scrolls a list until this row is the first in sight. */
export function scrollTo(index: number): void {
  const scroller = list().parentElement;
  if (scroller) fireEvent.scroll(scroller, { target: { scrollTop: 36 * index } });
}

/** What is said to be wrong with a field; nothing, unless the field is marked. */
export function faultOf(field: HTMLElement): string | undefined {
  const note = document.getElementById(field.getAttribute("aria-describedby") ?? "");
  return field.getAttribute("aria-invalid") === "true" ? (note?.textContent ?? "") : undefined;
}

/** What a timeline says, without its times. */
export function happened(history: HTMLElement): string[] {
  const copy = history.cloneNode(true) as HTMLElement;
  for (const time of copy.querySelectorAll("span:has(> time)")) time.remove();
  return [...copy.children].map(({ textContent }) => textContent ?? "");
}
