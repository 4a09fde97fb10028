import { useWords } from "~/i18n";
import { Cell, Head, Plain } from "~/ui/layout";
import type { PlotData } from "./series";

/** The same as the plot, for those who read rather than look; the newest first. */
export function PlotTable({
  label,
  data: { starts, series },
  stepName,
}: {
  label: string;
  data: PlotData;
  stepName: (index: number) => string;
}) {
  const { overview } = useWords();
  return (
    <div className="relative mt-2 max-h-72 overflow-y-auto">
      <Plain label={label}>
        <thead>
          <tr>
            <Head>{overview.when}</Head>
            {series.map(({ id, name }) => (
              <Head key={id} end>
                {name}
              </Head>
            ))}
          </tr>
        </thead>
        <tbody>
          {starts
            .map((start, index) => (
              <tr key={start} className="border-t border-line/70 first:border-t-0">
                <Cell className="tabular min-w-26 text-ink-2 sm:whitespace-nowrap">{stepName(index)}</Cell>
                {series.map(({ id, text }) => (
                  <Cell key={id} end className="tabular whitespace-nowrap">
                    {text(index)}
                  </Cell>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </Plain>
    </div>
  );
}
