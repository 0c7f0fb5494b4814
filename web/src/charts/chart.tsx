import { useState } from "preact/hooks";
import { printDay } from "../format/time.ts";
import { ChartTable } from "./table.tsx";
import { linePath, niceTop, round } from "./scale.ts";

/** One line, or the bars, of a chart. */
export interface Series {
  name: string;
  /** Heights, for drawing only. */
  heights: readonly number[];
  /** The same as people read them, exact. */
  texts: readonly string[];
}

interface Properties {
  /** What is shown, for whoever does not see it; the table has the numbers. */
  title: string;
  unit: string;
  /** When each point holds, in Unix milliseconds. */
  times: readonly number[];
  series: readonly Series[];
  kind?: "line" | "bars";
  hasTable?: boolean;
  top?: number;
  axis?: (value: number) => string;
}

const WIDTH = 600;
const HEIGHT = 160;
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Drawn as SVG with the page's own colours. Under it stands what the pointer is at, the last point else; the table holds every number. */
export function Chart({ title, unit, times, series, kind = "line", hasTable = true, top: fixedTop, axis = (value) => compact.format(value) }: Properties) {
  const [pointed, setPointed] = useState<number | null>(null);
  const count = times.length;
  const at = Math.min(pointed ?? count - 1, count - 1);
  const top = fixedTop ?? niceTop(series.flatMap(({ heights }) => heights));
  const point = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    setPointed(Math.min(Math.max(kind === "bars" ? Math.floor(part * count) : Math.round(part * (count - 1)), 0), count - 1));
  };
  const x = kind === "bars" ? ((at + 0.5) * WIDTH) / count : count > 1 ? (at * WIDTH) / (count - 1) : 0;
  return (
    <div class="chart">
      <div class="chart-box" onPointerMove={point} onPointerDown={point} onPointerLeave={() => setPointed(null)}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={title}>
          {[0, 0.5, 1].map((part) => (
            <line key={part} class="chart-grid" x1="0" x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} />
          ))}
          {kind === "bars" ? <Bars heights={series[0]?.heights ?? []} top={top} at={pointed} /> : series.map(({ name, heights }, index) => <Line key={name} heights={heights} top={top} index={index} />)}
          {pointed !== null && kind === "line" && <line class="chart-cursor" x1={x} x2={x} y1="0" y2={HEIGHT} />}
        </svg>
        <span class="chart-top" aria-hidden="true">
          {axis(top)}
        </span>
        <span class="chart-middle" aria-hidden="true">
          {axis(top / 2)}
        </span>
      </div>
      <div class="chart-days" aria-hidden="true">
        <span>{count > 0 && printDay(times[0] as number)}</span>
        <span>{count > 1 && printDay(times[count - 1] as number)}</span>
      </div>
      <p class="chart-reading" aria-hidden="true">
        {count > 0 && <span>{pointed === null ? "Latest" : printDay(times[at] as number)}</span>}
        {series.map(({ name, texts }, index) => (
          <span key={name} class={`chart-key chart-key-${index}`}>
            {name} <strong>{texts[at] ?? "–"}</strong> {unit}
          </span>
        ))}
      </p>
      {hasTable && <ChartTable title={title} unit={unit} times={times} series={series} />}
    </div>
  );
}

function Line({ heights, top, index }: { heights: readonly number[]; top: number; index: number }) {
  const line = linePath(heights, top, WIDTH, HEIGHT);
  return (
    <>
      {index === 0 && heights.length > 1 && <path class="chart-area" d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />}
      <path class={`chart-line chart-line-${index}`} d={line} />
    </>
  );
}

function Bars({ heights, top, at }: { heights: readonly number[]; top: number; at: number | null }) {
  const wide = WIDTH / Math.max(heights.length, 1);
  return (
    <>
      {heights.map((value, index) => {
        const tall = round((value / top) * HEIGHT);
        return <rect key={index} class={index === at ? "chart-bar chart-bar-now" : "chart-bar"} x={round(index * wide + wide * 0.15)} width={round(wide * 0.7)} y={round(HEIGHT - tall)} height={tall} />;
      })}
    </>
  );
}
