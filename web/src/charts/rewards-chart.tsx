import { useHistory } from "../api/use-history.ts";
import { Chart } from "./chart.tsx";
import { linkSeries, timesOf } from "./stake-chart.tsx";

/** What arrived as rewards, a bar for each day. */
export function RewardsChart({ node }: { node?: string }) {
  const { known, problem } = useHistory(node);
  const points = known?.data ?? [];
  if (points.length === 0) return <p class="empty">{problem ?? (known ? "No rewards yet." : "Reading the rewards…")}</p>;
  return <Chart title="Rewards that arrived, by day" unit="LINK" kind="bars" times={timesOf(points)} series={[linkSeries("Arrived", points, (point) => point.rewards_juels)]} />;
}
