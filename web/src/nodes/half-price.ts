/** How far a node that was penalised is from the price at which the contract retires it. */

import type { PoolNode } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";

const BPS = 10_000n;

/** Basis points that penalties have taken of each share so far, rounded down to what is shown; 0 on a node without one. */
export function penalised(node: PoolNode): number {
  const [stake, shares] = [juels(node.stake_juels), juels(node.total_shares)];
  return stake >= shares ? 0 : Number(BPS - (stake * BPS) / shares);
}

/** One sentence for whoever has stake there or thinks of it; null on a node without a penalty, or that has retired. */
export function halfPrice(node: PoolNode): string | null {
  const [stake, shares] = [juels(node.stake_juels), juels(node.total_shares)];
  // Only penalties make a share worth less than a juel.
  if (stake >= shares || node.status === "retired") return null;
  const taken = printBps(penalised(node));
  return `Penalties have taken ${taken} of each share. When more than 50 % is gone the node retires itself: another ${printBps(leastThatRetires(stake, shares))} of its stake is enough.`;
}

/** The fewest basis points of the stake that leave less than half a juel a share, where the loss is rounded down as the contract does. */
function leastThatRetires(stake: bigint, shares: bigint): number {
  const loss = stake - (shares + 1n) / 2n + 1n;
  return Number((loss * BPS + stake - 1n) / stake);
}
