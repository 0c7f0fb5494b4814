/** What one node takes from one holder, by the contract's own rounding. */

import type { PoolNode } from "../api/types.ts";
import { juels } from "../format/juels.ts";

/** The most that fits. `available_juels` is for newcomers, so that too little for a position of their own counts as none. */
export function availableOn(node: PoolNode, hasActiveStake: boolean): bigint {
  const available = juels(node.available_juels);
  if (available > 0n || !hasActiveStake || node.status !== "active" || node.penalty_until) return available;
  const left = juels(node.cap_juels) - worthUp(node, juels(node.active_shares));
  return left > 0n ? left : 0n;
}

/** The least that gives a newcomer `minimum` shares; after a penalty a share costs less than a juel. */
export function leastOn(node: PoolNode, minimum: bigint): bigint {
  return worthUp(node, minimum);
}

function worthUp(node: PoolNode, shares: bigint): bigint {
  const total = juels(node.total_shares);
  return total === 0n ? shares : (shares * juels(node.stake_juels) + total - 1n) / total;
}
