import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLanguage } from "~/i18n";
import { useWidth } from "~/ui/width";
import { INCREMENTS, labelOf, rangeOf } from "./axes";
import { colorAt, useScheme } from "./scheme";
import type { PlotData } from "./series";

/** The picture itself. Everything that it says stands in words around it. */
export default function Canvas({
  data,
  at,
  onPoint,
  height,
}: {
  data: PlotData;
  at: number | undefined;
  onPoint: (index: number | undefined) => void;
  height: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const current = useRef({ data, onPoint });
  current.current = { data, onPoint };
  const width = useWidth(place);
  const scheme = useScheme();
  const language = useLanguage();
  const shape = `${data.kind}/${data.axis}/${data.stepMs}/${data.series.map(({ id }) => id).join()}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape, colour or language is another picture
  useEffect(() => {
    const element = place.current;
    if (!element) {
      return;
    }
    const made = new uPlot(
      optionsOf(element, current, language, height),
      aligned(current.current.data),
      element,
    );
    plot.current = made;
    return () => {
      plot.current = undefined;
      made.destroy();
    };
  }, [shape, scheme, language, height]);

  useEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width, height]);

  useEffect(() => {
    plot.current?.setData(aligned(data));
  }, [data]);

  useEffect(() => {
    const drawn = plot.current;
    if (!drawn || drawn.cursor.idx === (at ?? null)) {
      return;
    }
    const x = at === undefined ? undefined : drawn.data[0][at];
    drawn.setCursor(
      x === undefined ? { left: -10, top: -10 } : { left: drawn.valToPos(x, "x"), top: 0 },
      false,
    );
  }, [at]);

  return <div ref={place} aria-hidden="true" className="w-full overflow-hidden" style={{ height }} />;
}

/** A value belongs to the whole of its step, and is drawn in the middle of it. */
function aligned({ starts, stepMs, series, kind }: PlotData): uPlot.AlignedData {
  // A line would fall to what the last step has so far.
  const drawn = kind === "lines" ? starts.length - 1 : starts.length;
  return [
    starts.map((start) => (start + stepMs / 2) / 1_000),
    ...series.map(({ values }) => values.map((value, index) => (index < drawn ? value : null))),
  ];
}

function optionsOf(
  element: HTMLElement,
  current: { readonly current: { data: PlotData; onPoint: (index: number | undefined) => void } },
  language: string,
  height: number,
): uPlot.Options {
  const { data } = current.current;
  const color = (name: string) => colorAt(element, name);
  const [ink, line, faint] = [color("--ink-3"), color("--line"), color("--sunken")];
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const bounds = (): [number, number] => {
    const { starts, stepMs } = current.current.data;
    return [(starts[0] ?? 0) / 1_000, ((starts.at(-1) ?? 0) + stepMs) / 1_000];
  };
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth || 300,
    height,
    // At the right, half of a time that stands at the very end.
    padding: [14, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: bounds },
      y: {
        range: () =>
          rangeOf(
            current.current.data.series.map(({ values }) => values as number[]),
            data.axis,
          ),
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        size: 26,
        values: (_, splits) => splits.map((seconds) => clock.format(seconds * 1_000)),
      },
      {
        ...axis,
        space: 34,
        size: (_, labels) => 14 + 6.7 * Math.max(1, ...(labels ?? []).map((text) => text.length)),
        incrs: INCREMENTS[data.axis],
        values: (_, splits) => splits.map((value) => labelOf(data.axis, value, language)),
      },
    ],
    series: [{}, ...data.series.map((series) => seriesOf(series, data.kind, color))],
    hooks: {
      drawClear: [(drawn) => shadeLast(drawn, bounds()[1], current.current.data.stepMs, faint)],
      setCursor: [({ cursor }) => current.current.onPoint(cursor.idx ?? undefined)],
    },
  };
}

function seriesOf(
  { color: name, dash }: PlotData["series"][number],
  kind: PlotData["kind"],
  color: (name: string) => string,
): uPlot.Series {
  const stroke = color(name);
  if (kind === "bars") {
    const paths = uPlot.paths.bars?.({ size: [0.72, 26], radius: 0.15 });
    return { stroke, fill: stroke, width: 0, points: { show: false }, ...(paths && { paths }) };
  }
  const points = { show: kind === "points", size: 5, fill: stroke, width: 0 };
  return { stroke, width: 1.75, points, spanGaps: kind === "points", ...(dash && { dash: [...dash] }) };
}

/** The last step is not over: what it has so far is no fall. */
function shadeLast(drawn: uPlot, end: number, stepMs: number, fill: string): void {
  const from = drawn.valToPos(end - stepMs / 1_000, "x", true);
  const until = drawn.valToPos(end, "x", true);
  drawn.ctx.save();
  drawn.ctx.fillStyle = fill;
  drawn.ctx.fillRect(from, drawn.bbox.top, until - from, drawn.bbox.height);
  drawn.ctx.restore();
}
