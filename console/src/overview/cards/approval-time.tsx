import { useMemo } from "react";
import type { GetOrderStatisticsResponse } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatSpan } from "~/lib/time";
import { msOf, startsOf, waitsOf } from "../model/series";
import { STEP_MS, type Window } from "../model/window";
import { PlotFigure } from "../plot/figure";
import type { PlotData } from "../plot/series";

/** How long orders waited for their approval. */
export function ApprovalTime({
  statistics,
  window,
}: {
  statistics: GetOrderStatisticsResponse;
  window: Window;
}) {
  const { overview } = useWords();
  const language = useLanguage();
  const data = useMemo((): PlotData => {
    const waits = waitsOf(statistics.steps);
    return {
      axis: "span",
      kind: "points",
      stepMs: STEP_MS[window],
      starts: startsOf(statistics.steps),
      series: [
        {
          id: "median",
          name: overview.median,
          color: "--waiting",
          values: waits,
          text: (index) => inWords(waits[index], language),
          whole: inWords(msOf(statistics.approvalMedian), language),
        },
      ],
    };
  }, [statistics, window, overview, language]);
  return (
    <PlotFigure
      label={overview.approval}
      unit={overview.medianPerStep[window]}
      when={overview.windows[window]}
      data={data}
      also={[{ name: overview.p95, whole: inWords(msOf(statistics.approvalP95), language) }]}
    />
  );
}

function inWords(ms: number | null | undefined, language: string): string {
  return ms === null || ms === undefined ? "–" : formatSpan(ms, language);
}
