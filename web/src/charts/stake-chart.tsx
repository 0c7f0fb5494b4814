import type { HistoryPoint } from "../api/types.ts";
import { useHistory } from "../api/use-history.ts";
import { juels, printLink } from "../format/juels.ts";
import { Chart, type Series } from "./chart.tsx";
import { toPixels } from "./scale.ts";

/** The stake of the pool, or of one node, day by day. */
export function StakeChart({ node, hasTable = true }: { node?: string; hasTable?: boolean }) {
  const { known, problem } = useHistory(node);
  const points = known?.data ?? [];
  if (points.length < 2) return <p class="empty">{problem ?? (known ? "The chart begins on the second day." : "Reading the last 90 days…")}</p>;
  const whose = node ? "on this node" : "in the pool";
  return (
    <Chart title={`LINK staked ${whose} over the last ${points.length} days`} unit="LINK" times={timesOf(points)} series={[linkSeries("Staked", points, (point) => point.stake_juels)]} hasTable={hasTable} />
  );
}

export function timesOf(points: readonly HistoryPoint[]): number[] {
  return points.map((point) => Date.parse(point.starts_at));
}

export function linkSeries(name: string, points: readonly HistoryPoint[], of: (point: HistoryPoint) => string): Series {
  const amounts = points.map((point) => juels(of(point)));
  return { name, heights: amounts.map(toPixels), texts: amounts.map((amount) => printLink(amount)) };
}
