import type { ReactNode } from "react";
import { orderLook } from "~/domain/order";
import { useLanguage, useWords } from "~/i18n";
import { formatClock } from "~/lib/time";
import { TONE_TEXT } from "~/ui/chip";
import { cx } from "~/ui/classes";
import { type DrawingProps, FailedStop, R, Stop, UndoStop } from "./lifecycle-stops";

const STEP_Y = 38;

interface Row {
  readonly key: string;
  readonly stop: ReactNode;
  readonly name: string;
  readonly ink: "fill-ink" | "fill-ink-3" | "fill-bad";
  readonly strong?: boolean;
  /** A time, or a word. */
  readonly aside?: string | undefined;
  /** The line that leads here. */
  readonly line: { readonly className: string; readonly dash?: string };
}

const DONE = { className: "stroke-accent stroke-3" };
const AHEAD = { className: "stroke-line stroke-2" };
const BACK = { className: "stroke-line-strong stroke-1", dash: "4 4" };

/** From top to bottom. There is only room for what happened and what is next. */
export function Down({ way, failed, undos, look, width }: DrawingProps) {
  const { statuses, orders } = useWords();
  const language = useLanguage();
  const clock = (at: number | undefined) => (at === undefined ? undefined : formatClock(at, language));
  const { line, exit } = way;
  const tone = TONE_TEXT[look.tone];
  const left = { className: cx("stroke-current stroke-3", tone) };
  const last = exit ? exit.after : line.findIndex((station) => station.state === "here") + 2;
  const rows: Row[] = line.slice(0, last + 1).map((station) => ({
    key: `${station.status}`,
    stop: <Stop station={station} tone={tone} />,
    name: orderLook(statuses, station.status).label,
    ink: station.at ? "fill-ink" : "fill-ink-3",
    strong: station.state === "here",
    aside: clock(station.at),
    line: station.state === "passed" || station.state === "here" ? DONE : AHEAD,
  }));
  if (failed) {
    const name = orders.unwinding.failed[failed];
    rows.push({ key: "failed", stop: <FailedStop />, name, ink: "fill-bad", line: left });
  }
  if (exit) {
    rows.push({
      key: "exit",
      stop: <circle r={R} fill="currentColor" className={tone} />,
      name: look.label,
      ink: "fill-ink",
      strong: true,
      aside: clock(exit.at),
      line: left,
    });
  }
  for (const { step, state, at } of undos) {
    rows.push({
      key: step,
      stop: <UndoStop state={state} />,
      name: `${orders.unwinding.inPicture[step]}: ${orders.unwinding.soon[state]}`,
      ink: "fill-ink",
      aside: clock(at),
      line: BACK,
    });
  }
  const y = (index: number) => 14 + index * STEP_Y;
  return (
    <svg width={width} height={y(rows.length - 1) + 14} aria-hidden="true" className="block">
      {rows.map(({ key, line: { className, dash } }, index) => {
        const ends = { y1: y(index - 1) + R, y2: y(index) - R };
        return (
          index > 0 && (
            <line key={key} x1={14} x2={14} {...ends} className={className} strokeDasharray={dash} />
          )
        );
      })}
      {rows.map(({ key, stop, name, ink, strong, aside }, index) => (
        <g key={key} transform={`translate(14 ${y(index)})`}>
          {stop}
          <text x={22} y={4} className={cx("text-sm", ink, strong && "font-semibold")}>
            {name}
          </text>
          {aside && (
            <text x={width - 16} y={4} textAnchor="end" className="tabular fill-ink-3 text-xs">
              {aside}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}
