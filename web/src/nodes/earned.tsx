import { config } from "../api/store.ts";
import type { HistoryPoint, PoolNode } from "../api/types.ts";
import { useHistory } from "../api/use-history.ts";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";

const DAYS = 30;
const BPS = 10_000n;
const DAYS_A_YEAR = 365n;

/** What arrived on a node in its last thirty days, as a rate. */
export function EarnedRate({ node }: { node: PoolNode }) {
  const { known, problem } = useHistory(node.address);
  if (!known) return <>{problem ? "not known just now" : "…"}</>;
  const days = known.data.slice(-DAYS);
  const rate = earnedRate(days, config.value?.fee_bps ?? 0);
  return (
    <>
      {rate === null ? "nothing yet" : `${printBps(rate)} a year`}
      <span class="fact-note">rewards of {days.length} days less the fee, over the mean stake</span>
    </>
  );
}

/** Basis points a year; null before there was any stake. */
export function earnedRate(days: readonly Pick<HistoryPoint, "stake_juels" | "rewards_juels">[], fee_bps: number): number | null {
  const sum = (of: (day: (typeof days)[number]) => string) => days.reduce((total, day) => total + juels(of(day)), 0n);
  const staked = sum((day) => day.stake_juels);
  if (staked === 0n) return null;
  const net = (sum((day) => day.rewards_juels) * (BPS - BigInt(fee_bps))) / BPS;
  // Rewards over days times the mean stake of a day is rewards over the sum of the stakes.
  return Number((net * BPS * DAYS_A_YEAR) / staked);
}
