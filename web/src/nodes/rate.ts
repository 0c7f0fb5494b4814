/** What a node's stakers are getting just now, from what is vesting there. */

import type { PoolNode } from "../api/types.ts";
import { juels } from "../format/juels.ts";

const BPS = 10_000n;
const YEAR_S = 365n * 86_400n;

/**
 * Basis points a year at which the node's rewards vest at `now_ms`: what has not vested, over the time until it will have, over the
 * active stake. Null where nothing vests, or nobody would get it.
 */
export function vestingRate(node: PoolNode, now_ms: number): number | null {
  const [unvested, active] = [juels(node.rewards_unvested_juels), juels(node.active_stake_juels)];
  const left_s = BigInt(Math.max(Math.trunc((Date.parse(node.vest_end ?? "") - now_ms) / 1_000) || 0, 0));
  if (unvested === 0n || active === 0n || left_s === 0n) return null;
  return Number((unvested * BPS * YEAR_S) / (active * left_s));
}
