import { useMemo } from "react";
import type { GetOrderStatisticsResponse } from "~/gen/oms/orders/v1/orders_pb";
import { useLanguage, useWords } from "~/i18n";
import { FLOWS, flowOf, startsOf, total } from "../model/series";
import { STEP_MS, type Window } from "../model/window";
import { PlotFigure } from "../plot/figure";
import type { PlotData } from "../plot/series";

const LOOKS = {
  created: { color: "--ink-2" },
  approved: { color: "--moving", dash: [7, 3] },
  delivered: { color: "--good", dash: [2, 2] },
  stopped: { color: "--bad", dash: [9, 3, 2, 3] },
} as const;

/** How many orders came and went. */
export function OrderFlow({
  statistics,
  window,
}: {
  statistics: GetOrderStatisticsResponse;
  window: Window;
}) {
  const { overview } = useWords();
  const language = useLanguage();
  const data = useMemo((): PlotData => {
    const { steps } = statistics;
    return {
      axis: "count",
      kind: "lines",
      stepMs: STEP_MS[window],
      starts: startsOf(steps),
      series: FLOWS.map((flow) => {
        const values = flowOf(steps, flow);
        return {
          id: flow,
          name: overview.flows[flow],
          ...LOOKS[flow],
          values,
          text: (index) => (values[index] ?? 0).toLocaleString(language),
          whole: total(values).toLocaleString(language),
        };
      }),
    };
  }, [statistics, window, overview, language]);
  return (
    <PlotFigure
      label={overview.flow}
      unit={overview.perStep[window]}
      when={overview.windows[window]}
      data={data}
    />
  );
}
