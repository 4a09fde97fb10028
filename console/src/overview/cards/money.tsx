import { useEffect, useMemo, useState } from "react";
import type { GetPaymentStatisticsResponse } from "~/gen/oms/payments/v1/payments_pb";
import { useLanguage, useWords } from "~/i18n";
import { formatMoney, negate } from "~/lib/money";
import { Select } from "~/ui/field";
import { Segments } from "~/ui/segments";
import { Card } from "../card";
import { type Books, booksOf, busiest, heightOf, startsOf } from "../model/series";
import { STEP_MS, type Window } from "../model/window";
import { PlotFigure } from "../plot/figure";
import type { PlotData } from "../plot/series";
import type { Figures } from "../use-figures";

/** What came in and what went back, in one currency at a time: amounts of two can't be compared. */
export function MoneyCard({
  figures,
  window,
  className,
}: {
  figures: Figures<GetPaymentStatisticsResponse>;
  window: Window;
  className: string;
}) {
  const { overview } = useWords();
  const { data } = figures;
  const [chosen, setChosen] = useState<string>();
  const books = useMemo(() => (data ? booksOf(data.turnovers, data.steps) : []), [data]);
  const shown = books.find(({ currency }) => currency === chosen) ?? busiest(books);
  // What somebody looks at stays, also when another currency gets busier.
  const first = shown?.currency;
  useEffect(() => setChosen((before) => before ?? first), [first]);
  return (
    <Card
      title={overview.money}
      figures={figures}
      rows={9}
      className={className}
      aside={
        shown &&
        books.length > 1 && (
          <Currencies
            value={shown.currency}
            all={books.map(({ currency }) => currency)}
            onChange={setChosen}
          />
        )
      }
    >
      {(statistics) =>
        shown ? (
          <BooksPlot books={shown} statistics={statistics} window={window} />
        ) : (
          <p className="py-6 text-center text-ink-3">{overview.noMoney}</p>
        )
      }
    </Card>
  );
}

/** So many fit beside each other. */
const FEW = 4;

function Currencies({
  value,
  all,
  onChange,
}: {
  value: string;
  all: readonly string[];
  onChange: (currency: string) => void;
}) {
  const { overview } = useWords();
  if (all.length > FEW) {
    return (
      <Select
        aria-label={overview.currency}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="w-auto!"
      >
        {all.map((currency) => (
          <option key={currency}>{currency}</option>
        ))}
      </Select>
    );
  }
  const choices = all.map((currency) => ({ value: currency, label: currency }));
  return <Segments label={overview.currency} value={value} onChange={onChange} choices={choices} />;
}

function BooksPlot({
  books,
  statistics,
  window,
}: {
  books: Books;
  statistics: GetPaymentStatisticsResponse;
  window: Window;
}) {
  const { overview } = useWords();
  const language = useLanguage();
  const data = useMemo((): PlotData => {
    const { steps, currency } = books;
    const amount = (value: Books["captured"] | undefined) => (value ? formatMoney(value, language) : "–");
    return {
      axis: "money",
      kind: "bars",
      stepMs: STEP_MS[window],
      starts: startsOf(statistics.steps),
      series: [
        {
          id: `captured/${currency}`,
          name: overview.captured,
          color: "--good",
          values: steps.map(({ captured }) => heightOf(captured)),
          text: (index) => amount(steps[index]?.captured),
          whole: amount(books.captured),
        },
        {
          id: `refunded/${currency}`,
          name: overview.refunded,
          color: "--todo",
          // Below the line: it goes the other way.
          values: steps.map(({ refunded }) => heightOf(negate(refunded))),
          text: (index) => amount(steps[index]?.refunded),
          whole: amount(books.refunded),
        },
      ],
    };
  }, [books, statistics, window, overview, language]);
  return (
    <PlotFigure
      label={overview.money}
      unit={overview.moneyPerStep[window](books.currency)}
      when={overview.windows[window]}
      data={data}
    />
  );
}
