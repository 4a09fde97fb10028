const grouped = { en: new Intl.NumberFormat("en"), vi: new Intl.NumberFormat("vi") };

/** `1 order`, `1,200 orders`. */
export function count(n: number | bigint, one: string, other: string): string {
  return `${grouped.en.format(n)} ${n === 1 || n === 1n ? one : other}`;
}

/** `1.200 đơn hàng`: Vietnamese has one form for all numbers. */
export function so(n: number | bigint, noun: string): string {
  return `${grouped.vi.format(n)} ${noun}`;
}
