import type { HistoryPoint } from "../api/types.ts";
import { useHistory } from "../api/use-history.ts";
import { juels, printLink } from "../format/juels.ts";
import { Chart, type Series } from "./chart.tsx";
import { toPixels } from "./scale.ts";

/** The stake of the pool, or of one node, day by day, and with `hasCapacity` what it could have been. */
export function StakeChart({ node, hasTable = true, hasCapacity = false }: { node?: string; hasTable?: boolean; hasCapacity?: boolean }) {
  const { known, problem } = useHistory(node);
  const points = known?.data ?? [];
  if (points.length < 2) return <p class="empty">{problem ?? (known ? "The chart begins on the second day." : "Reading the last 90 days…")}</p>;
  const whose = node ? "on this node" : "in the pool";
  const series = [linkSeries("Staked", points, (point) => point.stake_juels)];
  // Of a day whose capacity is not known a line would say something: then there is none.
  const isKnown = hasCapacity && points.every(({ capacity_juels: capacity }) => typeof capacity === "string");
  if (isKnown) series.push(linkSeries("Capacity", points, (point) => point.capacity_juels ?? "0"));
  const title = `LINK staked ${whose}${isKnown ? " and its capacity" : ""} over the last ${points.length} days`;
  return (
    <>
      <Chart title={title} unit="LINK" times={timesOf(points)} series={series} hasTable={hasTable} />
      {hasCapacity && !isKnown && <p class="hint">The capacity of these days is not known.</p>}
    </>
  );
}

export function timesOf(points: readonly HistoryPoint[]): number[] {
  return points.map((point) => Date.parse(point.starts_at));
}

export function linkSeries(name: string, points: readonly HistoryPoint[], of: (point: HistoryPoint) => string): Series {
  const amounts = points.map((point) => juels(of(point)));
  return { name, heights: amounts.map(toPixels), texts: amounts.map((amount) => printLink(amount)) };
}
