/** Where stake may go that a holder has here already: rewards to be staked, and tickets to be moved. */

import { nodes } from "../api/store.ts";
import type { PoolNode, Position } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { juels } from "../format/juels.ts";
import { availableOn } from "../stake/limits.ts";

/** A node is left out that is nearly full: what has vested until the block comes must fit too. */
const SPARE = 2n;

function availableFor(node: PoolNode): bigint {
  return node.status === "active" && !node.penalty_until ? availableOn(node, true) : 0n;
}

/**
 * The node on which a position's rewards are staked: its own, else the mostAvailable on which the holder has active stake, because a
 * first stake has to be a whole LINK. Null when none can take them.
 */
export function compoundTarget(position: Position, positions: readonly Position[]): Address | null {
  const needed = juels(position.rewards_juels) * SPARE;
  const held = positions.filter((one) => juels(one.active_stake_juels) > 0n).flatMap((one) => nodeOf(one.node) ?? []);
  const open = held.filter((node) => availableFor(node) >= needed);
  const own = open.find((node) => sameAddress(node.address, position.node));
  return (own ?? mostAvailable(open))?.address ?? null;
}

/** Nodes to which a ticket of this worth can be moved, the mostAvailable first. */
export function restakeTargets(amount: bigint, from: Address): PoolNode[] {
  const open = (nodes.value?.data ?? []).filter((node) => !sameAddress(node.address, from) && availableFor(node) >= amount && amount > 0n);
  return open.sort(byAvailable);
}

/** Whether a ticket of this worth fits onto its own node again. */
export function canKeep(amount: bigint, node: Address): boolean {
  const own = nodeOf(node);
  // While the list of nodes is not known, the contract decides.
  return !own || availableFor(own) >= amount;
}

function nodeOf(address: Address): PoolNode | undefined {
  return nodes.value?.data.find((node) => sameAddress(node.address, address));
}

function mostAvailable(open: readonly PoolNode[]): PoolNode | undefined {
  return [...open].sort(byAvailable)[0];
}

function byAvailable(a: PoolNode, b: PoolNode): number {
  const [left, right] = [availableFor(a), availableFor(b)];
  return left < right ? 1 : left > right ? -1 : a.index - b.index;
}
