import { orderLook } from "~/domain/order";
import { useLanguage, useWords } from "~/i18n";
import { formatClock, formatSpan } from "~/lib/time";
import { TONE_TEXT } from "~/ui/chip";
import { cx } from "~/ui/classes";
import type { Station } from "../model/lifecycle";
import { type DrawingProps, FailedStop, R, Stop, UndoStop } from "./lifecycle-stops";

const EDGE = 56;
const WIDEST = 190;
const LINE_Y = 34;
const EXIT_Y = 96;

/** From left to right. What was taken back goes from where the order left, below the line, to the left again. */
export function Across({ way, failed, undos, look, width }: DrawingProps) {
  const { orders } = useWords();
  const language = useLanguage();
  const { line, exit } = way;
  // The branch needs the room of a station.
  const slots = Math.max(line.length, exit ? exit.after + 2 : 0);
  const gap = Math.min(WIDEST, (width - 2 * EDGE) / Math.max(1, slots - 1));
  const x = (index: number) => EDGE + index * gap;
  const tone = TONE_TEXT[look.tone];
  const left = exit ? x(exit.after) : 0;
  const turn = left + gap / 2;
  const lastUndo = left - (undos.length - 1) * gap;
  const height = exit ? (undos.length > 0 ? 140 : 110) : 78;
  return (
    <svg width={width} height={height} aria-hidden="true" className="block overflow-visible">
      {line.slice(1).map((station, index) => (
        <g key={station.status} transform={`translate(${x(index)} ${LINE_Y})`}>
          <Stretch from={line[index]} to={station} length={gap} />
        </g>
      ))}
      {exit && (
        <path
          d={`M${left + R} ${LINE_Y} H${turn - 12} q12 0 12 12 V${EXIT_Y - R}`}
          fill="none"
          strokeWidth="3"
          stroke="currentColor"
          className={tone}
        />
      )}
      {failed && (
        <g transform={`translate(${turn - 4} ${LINE_Y + 4})`}>
          <FailedStop />
          <text y={-18} textAnchor="middle" className="fill-bad text-xs font-medium">
            {orders.unwinding.failed[failed]}
          </text>
        </g>
      )}
      {line.map((station, index) => (
        <g key={station.status} transform={`translate(${x(index)} ${LINE_Y})`}>
          <Stop station={station} tone={tone} />
          <Name station={station} />
        </g>
      ))}
      {undos.length > 0 && (
        <line
          x1={turn - R}
          x2={lastUndo}
          y1={EXIT_Y}
          y2={EXIT_Y}
          strokeWidth="1.5"
          strokeDasharray="4 4"
          className="stroke-line-strong"
        />
      )}
      {undos.map(({ step, state, at }, index) => (
        <g key={step} transform={`translate(${left - index * gap} ${EXIT_Y})`}>
          <UndoStop state={state} />
          <text y={23} textAnchor="middle" className="fill-ink text-xs">
            {orders.unwinding.inPicture[step]}
          </text>
          <text y={38} textAnchor="middle" className="tabular fill-ink-3 text-2xs">
            {orders.unwinding.soon[state]}
            {at !== undefined && ` ${formatClock(at, language)}`}
          </text>
        </g>
      ))}
      {exit && (
        <g transform={`translate(${turn} ${EXIT_Y})`} className={tone}>
          <circle r={R} fill="currentColor" />
          <text x={14} y={4} className="fill-ink text-xs font-semibold">
            {look.label}
            {exit.at !== undefined && (
              <tspan className="tabular fill-ink-3 text-2xs font-normal" dx="8">
                {formatClock(exit.at, language)}
              </tspan>
            )}
          </text>
        </g>
      )}
    </svg>
  );
}

/** The line from one station to the next, and how long that took. */
function Stretch({ from, to, length }: { from: Station | undefined; to: Station; length: number }) {
  const language = useLanguage();
  const done = to.state === "passed" || to.state === "here";
  const took = from?.at !== undefined && to.at !== undefined ? to.at - from.at : 0;
  return (
    <>
      <line
        x1={R}
        x2={length - R}
        strokeWidth={done ? 3 : 2}
        className={done ? "stroke-accent" : "stroke-line"}
        strokeDasharray={to.state === "never" ? "2 5" : undefined}
      />
      {took >= 1_000 && (
        <text x={length / 2} y={-10} className="fill-ink-3 text-2xs" textAnchor="middle">
          {formatSpan(took, language)}
        </text>
      )}
    </>
  );
}

function Name({ station: { status, state, at } }: { station: Station }) {
  const { statuses } = useWords();
  const language = useLanguage();
  return (
    <>
      <text
        y={24}
        textAnchor="middle"
        className={cx(
          "text-xs",
          state === "here" ? "fill-ink font-semibold" : at ? "fill-ink" : "fill-ink-3",
        )}
      >
        {orderLook(statuses, status).label}
      </text>
      {at !== undefined && (
        <text y={39} textAnchor="middle" className="tabular fill-ink-3 text-2xs">
          {formatClock(at, language)}
        </text>
      )}
    </>
  );
}
