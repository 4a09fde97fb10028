import { useRef } from "react";
import { orderLook } from "~/domain/order";
import type { Order } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatClock, formatSpan, millis } from "~/lib/time";
import { TONE_TEXT } from "~/ui/chip";
import { cx } from "~/ui/classes";
import { useWidth } from "~/ui/width";
import { type Station, type Way, wayOf } from "../model/lifecycle";

const WIDE = 760;
const EDGE = 56;
const WIDEST = 190;
const LINE_Y = 34;
const EXIT_Y = 94;
const STEP_Y = 38;
const R = 6;

/** The way of an order, as a line with stations: where it came along, where it is, where it left. */
export function LifecyclePicture({ order }: { order: Order }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { statuses, orders } = useWords();
  const language = useLanguage();
  const steps = order.timeline.map(({ kind, status, createTime }) => ({
    kind,
    status,
    at: createTime ? millis(createTime) : 0,
  }));
  const way = wayOf(order.status, steps, order.paymentMethod);
  const here = orderLook(statuses, order.status, order.unwinding);
  const passed = way.line.filter((station) => station.at !== undefined);
  const label = [
    orders.picture,
    ...passed.map((s) => `${orderLook(statuses, s.status).label} ${formatClock(s.at ?? 0, language)}`),
    ...(way.exit ? [here.label] : []),
  ].join(", ");
  const Drawing = width >= WIDE ? Across : Down;
  return (
    <div ref={box} role="img" aria-label={label} className="min-w-0">
      <Drawing way={way} width={width} order={order} />
    </div>
  );
}

interface DrawingProps {
  way: Way;
  width: number;
  order: Order;
}

function Across({ way, width, order }: DrawingProps) {
  const { statuses } = useWords();
  const language = useLanguage();
  const { line, exit } = way;
  // The branch needs the room of a station.
  const slots = Math.max(line.length, exit ? exit.after + 2 : 0);
  const gap = Math.min(WIDEST, (width - 2 * EDGE) / Math.max(1, slots - 1));
  const x = (index: number) => EDGE + index * gap;
  const exitX = exit ? x(exit.after + 1) : 0;
  const turn = exitX - gap / 2;
  const look = orderLook(statuses, order.status, order.unwinding);
  return (
    <svg width={width} height={exit ? 106 : 78} aria-hidden="true" className="block overflow-visible">
      {line.slice(1).map((station, index) => {
        const before = line[index];
        const done = station.state === "passed" || station.state === "here";
        const took = before?.at !== undefined && station.at !== undefined ? station.at - before.at : 0;
        return (
          <g key={station.status}>
            <line
              x1={x(index) + R}
              x2={x(index + 1) - R}
              y1={LINE_Y}
              y2={LINE_Y}
              strokeWidth={done ? 3 : 2}
              className={done ? "stroke-accent" : "stroke-line"}
              strokeDasharray={station.state === "never" ? "2 5" : undefined}
            />
            {took >= 1_000 && (
              <text
                x={x(index) + gap / 2}
                y={LINE_Y - 10}
                className="fill-ink-3 text-2xs"
                textAnchor="middle"
              >
                {formatSpan(took, language)}
              </text>
            )}
          </g>
        );
      })}
      {exit && (
        <path
          d={`M${exitX - gap + R} ${LINE_Y} H${turn - 12} q12 0 12 12 V${EXIT_Y - 12} q0 12 12 12 H${exitX - R - 2}`}
          fill="none"
          strokeWidth="3"
          stroke="currentColor"
          className={TONE_TEXT[look.tone]}
          strokeDasharray={order.unwinding ? "5 5" : undefined}
        />
      )}
      {line.map((station, index) => (
        <g key={station.status} transform={`translate(${x(index)} ${LINE_Y})`}>
          <Stop station={station} tone={TONE_TEXT[look.tone]} />
          <text
            y={24}
            textAnchor="middle"
            className={cx(
              "text-xs",
              station.state === "here" ? "fill-ink font-semibold" : station.at ? "fill-ink" : "fill-ink-3",
            )}
          >
            {orderLook(statuses, station.status).label}
          </text>
          {station.at !== undefined && (
            <text y={39} textAnchor="middle" className="tabular fill-ink-3 text-2xs">
              {formatClock(station.at, language)}
            </text>
          )}
        </g>
      ))}
      {exit && (
        <g transform={`translate(${exitX} ${EXIT_Y})`} className={TONE_TEXT[look.tone]}>
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

function Down({ way, width, order }: DrawingProps) {
  const { statuses } = useWords();
  const look = orderLook(statuses, order.status, order.unwinding);
  // On its side there is only room for what happened and what is next.
  const { line, exit } = way;
  const last = exit ? exit.after : line.findIndex((station) => station.state === "here");
  const shown = exit ? line.slice(0, exit.after + 1) : line.slice(0, last + 3);
  const y = (index: number) => 14 + index * STEP_Y;
  const rows = shown.length + (exit ? 1 : 0);
  return (
    <svg width={width} height={y(rows - 1) + 24} aria-hidden="true" className="block">
      {shown.slice(1).map((station, index) => {
        const done = station.state === "passed" || station.state === "here";
        return (
          <line
            key={station.status}
            x1={14}
            x2={14}
            y1={y(index) + R}
            y2={y(index + 1) - R}
            strokeWidth={done ? 3 : 2}
            className={done ? "stroke-accent" : "stroke-line"}
          />
        );
      })}
      {exit && (
        <line
          x1={14}
          x2={14}
          y1={y(shown.length - 1) + R}
          y2={y(shown.length) - R}
          strokeWidth="3"
          stroke="currentColor"
          strokeDasharray={order.unwinding ? "5 5" : undefined}
          className={TONE_TEXT[look.tone]}
        />
      )}
      {shown.map((station, index) => (
        <g key={station.status} transform={`translate(14 ${y(index)})`}>
          <Stop station={station} tone={TONE_TEXT[look.tone]} />
          <Named
            y={4}
            name={orderLook(statuses, station.status).label}
            at={station.at}
            strong={station.state === "here"}
            width={width}
          />
        </g>
      ))}
      {exit && (
        <g transform={`translate(14 ${y(shown.length)})`} className={TONE_TEXT[look.tone]}>
          <circle r={R} fill="currentColor" />
          <Named y={4} name={look.label} at={exit.at} strong width={width} />
        </g>
      )}
    </svg>
  );
}

function Named({
  y,
  name,
  at,
  strong,
  width,
}: {
  y: number;
  name: string;
  at: number | undefined;
  strong: boolean;
  width: number;
}) {
  const language = useLanguage();
  return (
    <>
      <text
        x={22}
        y={y}
        className={cx("text-sm", strong ? "fill-ink font-semibold" : at ? "fill-ink" : "fill-ink-3")}
      >
        {name}
      </text>
      {at !== undefined && (
        <text x={width - 16} y={y} textAnchor="end" className="tabular fill-ink-3 text-xs">
          {formatClock(at, language)}
        </text>
      )}
    </>
  );
}

function Stop({ station, tone }: { station: Station; tone: string }) {
  switch (station.state) {
    case "passed":
      return <circle r={station.at === undefined ? 4 : R} className="fill-accent" />;
    case "here":
      return (
        <g className={tone}>
          <circle
            r={R + 5}
            fill="currentColor"
            opacity="0.18"
            className="animate-[breathe_2.4s_ease-in-out_infinite]"
          />
          <circle r={R + 1} fill="var(--paper)" stroke="currentColor" strokeWidth="3" />
          <circle r="2.5" fill="currentColor" />
        </g>
      );
    default:
      return (
        <circle
          r={R - 1}
          fill="var(--paper)"
          strokeWidth="2"
          className={station.state === "never" ? "stroke-line" : "stroke-line-strong"}
        />
      );
  }
}
