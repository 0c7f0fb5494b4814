import { printDay } from "../format/time.ts";
import type { Series } from "./chart.tsx";

interface Properties {
  title: string;
  unit: string;
  times: readonly number[];
  series: readonly Series[];
}

/** Every figure of a chart, the newest first: for whoever reads better than they look, and to be copied. */
export function ChartTable({ title, unit, times, series }: Properties) {
  return (
    <details class="chart-table">
      <summary>As a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
        <table class="table-plain">
          <thead>
            <tr>
              <th scope="col">Day</th>
              {series.map(({ name }) => (
                <th scope="col" class="number" key={name}>
                  {name}
                  {unit && `, ${unit}`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times
              .map((time, index) => (
                <tr key={time}>
                  <td>{printDay(time)}</td>
                  {series.map(({ name, texts }) => (
                    <td class="number" key={name}>
                      {texts[index] ?? "–"}
                    </td>
                  ))}
                </tr>
              ))
              .reverse()}
          </tbody>
        </table>
      </div>
    </details>
  );
}
