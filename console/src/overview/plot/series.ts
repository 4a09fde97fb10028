import type { Values } from "../model/series";

/** One line, or one kind of bars. */
export interface Series {
  readonly id: string;
  readonly name: string;
  /** A colour of the theme, `--good`. */
  readonly color: string;
  /** Tells lines apart without their colours. */
  readonly dash?: readonly number[];
  readonly values: Values;
  /** The exact value of a step, in words. */
  readonly text: (index: number) => string;
  /** What it comes to in the whole window, in words. */
  readonly whole: string;
}

export type Axis = "count" | "span" | "money";
export type Kind = "lines" | "points" | "bars";

export interface PlotData {
  /** When the steps begin, in milliseconds. */
  readonly starts: readonly number[];
  readonly stepMs: number;
  readonly series: readonly Series[];
  readonly axis: Axis;
  readonly kind: Kind;
}
