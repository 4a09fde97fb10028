import { lazy, Suspense, useState } from "react";
import { useLanguage, useWords } from "~/i18n";
import { formatMoment } from "~/lib/time";
import { cx } from "~/ui/classes";
import { ChevronRightIcon } from "~/ui/icons";
import type { PlotData, Series } from "./series";
import { PlotTable } from "./table";

const Canvas = lazy(() => import("./canvas"));
const HEIGHT = 196;

/**
 * A plot with its words: what each line is and what it comes to, the values of the step that is pointed at or chosen
 * with the arrow keys, and all of it as a table.
 */
export function PlotFigure({
  label,
  unit,
  when,
  data,
  also,
}: {
  label: string;
  unit: string;
  /** The whole window, in words. */
  when: string;
  data: PlotData;
  /** What is known of the whole window alone. */
  also?: readonly { readonly name: string; readonly whole: string }[];
}) {
  const { overview } = useWords();
  const language = useLanguage();
  const [pointed, setPointed] = useState<number>();
  const [asTable, setAsTable] = useState(false);
  const { starts, stepMs, series } = data;
  const last = starts.length - 1;
  const at = pointed === undefined || pointed > last ? undefined : pointed;
  const stepName = (index: number) => {
    const start = starts[index] ?? 0;
    const span = `${formatMoment(start, language)} – ${formatMoment(start + stepMs, language)}`;
    return index === last ? `${span} (${overview.notOver})` : span;
  };
  const spoken = (index: number) =>
    [stepName(index), ...series.map(({ name, text }) => `${name} ${text(index)}`)].join(", ");

  const move = (event: React.KeyboardEvent) => {
    const from = at ?? last;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageUp: from - 10,
      PageDown: from + 10,
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setPointed(Math.max(0, Math.min(last, to)));
    } else if (event.key === "Escape") {
      setPointed(undefined);
    }
  };

  return (
    <figure className="flex min-w-0 flex-1 flex-col">
      <p
        aria-hidden="true"
        className={cx("tabular mb-1.5 text-xs", at === undefined ? "text-ink-3" : "font-medium text-ink")}
      >
        {at === undefined ? when : stepName(at)}
      </p>
      <Legend series={series} at={at} also={also ?? []} />
      <div
        role="slider"
        tabIndex={0}
        aria-label={`${label}, ${unit}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={at ?? Math.max(0, last)}
        aria-valuetext={last < 0 ? "" : spoken(at ?? last)}
        onKeyDown={move}
        onBlur={() => setPointed(undefined)}
        className="relative mt-2 rounded-sm"
      >
        <p aria-hidden="true" className="text-xs text-ink-3">
          {unit}
        </p>
        <Suspense fallback={<div data-waits style={{ height: HEIGHT }} />}>
          <Canvas data={data} at={at} onPoint={setPointed} height={HEIGHT} />
        </Suspense>
      </div>
      <button
        type="button"
        aria-expanded={asTable}
        onClick={() => setAsTable(!asTable)}
        className="mt-1.5 inline-flex items-center gap-1 self-start rounded-sm text-xs text-ink-2 hover:text-ink pointer-coarse:min-h-9"
      >
        <ChevronRightIcon width="12" height="12" className={cx(asTable && "rotate-90")} />
        {overview.asTable}
      </button>
      {asTable && <PlotTable label={label} data={data} stepName={stepName} />}
    </figure>
  );
}

/** The lines by name, with what they come to, or are at one step. */
function Legend({
  series,
  at,
  also,
}: {
  series: readonly Series[];
  at: number | undefined;
  also: readonly { readonly name: string; readonly whole: string }[];
}) {
  return (
    <figcaption>
      <dl className="flex flex-wrap gap-x-6 gap-y-2">
        {series.map(({ id, name, color, dash, text, whole }) => (
          <div key={id} className="min-w-24">
            <dt className="flex items-center gap-1.5 text-xs text-ink-2">
              <svg width="18" height="8" aria-hidden="true" className="shrink-0">
                <line
                  x1="0"
                  x2="18"
                  y1="4"
                  y2="4"
                  stroke={`var(${color})`}
                  strokeWidth="2.5"
                  strokeDasharray={dash?.join(" ")}
                />
              </svg>
              <span className="truncate">{name}</span>
            </dt>
            <dd className="tabular text-lg font-semibold whitespace-nowrap">
              {at === undefined ? whole : text(at)}
            </dd>
          </div>
        ))}
        {also.map(({ name, whole }) => (
          <div key={name} className="min-w-24">
            <dt className="text-xs text-ink-2">{name}</dt>
            <dd className="tabular text-lg font-semibold whitespace-nowrap">
              {at === undefined ? whole : "–"}
            </dd>
          </div>
        ))}
      </dl>
    </figcaption>
  );
}
