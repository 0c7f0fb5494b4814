/** Spreads an amount over the nodes with the most available, for one transaction. */

import type { PoolNode } from "../api/types.ts";
import type { Address } from "../format/address.ts";
import { JUELS_PER_LINK } from "../format/juels.ts";
import { availableOn } from "./limits.ts";

/** What goes to one node. */
export interface Part {
  node: PoolNode;
  amount: bigint;
}

/** As many nodes as an amount is spread over while it fits there; more only where it does not. */
const USUAL_PARTS = 3;
const MAX_PARTS = 10;
const MIN_PART = 10n * JUELS_PER_LINK;
/** One transaction fails as a whole, so a fiftieth of what is available on each node, or one LINK, is left to whoever stakes in between. */
const SLACK = 50n;

/** The parts as the contract takes them. */
export function encodable(parts: readonly Part[]): { node: Address; amount: bigint }[] {
  return parts.map(({ node, amount }) => ({ node: node.address, amount }));
}

interface Candidate {
  node: PoolNode;
  most: bigint;
}

/** The nodes that may get a part, the most available first; `hasStake` tells where the holder has a position already. */
function candidatesOf(nodes: readonly PoolNode[], hasStake: (node: PoolNode) => boolean): Candidate[] {
  const candidates = nodes.filter(({ status, penalty_until }) => status === "active" && !penalty_until).map((node) => ({ node, most: lessSlack(availableOn(node, hasStake(node))) }));
  const open = candidates.filter(({ most }) => most >= MIN_PART);
  return open.sort((a, b) => (a.most < b.most ? 1 : a.most > b.most ? -1 : a.node.index - b.node.index)).slice(0, MAX_PARTS);
}

function lessSlack(available: bigint): bigint {
  const slack = available / SLACK;
  return available - (slack > JUELS_PER_LINK ? slack : JUELS_PER_LINK);
}

/** The most that one transaction can spread. */
export function mostSpread(nodes: readonly PoolNode[], hasStake: (node: PoolNode) => boolean): bigint {
  return candidatesOf(nodes, hasStake).reduce((sum, { most }) => sum + most, 0n);
}

/** The parts, which add up to `amount`; null when it does not fit. */
export function spread(amount: bigint, nodes: readonly PoolNode[], hasStake: (node: PoolNode) => boolean): Part[] | null {
  const candidates = candidatesOf(nodes, hasStake);
  const wanted = Math.min(USUAL_PARTS, candidates.length, Math.max(1, Number(amount / MIN_PART)));
  for (let count = wanted; count > 0 && count <= candidates.length; count += 1) {
    const used = candidates.slice(0, count);
    if (used.reduce((sum, { most }) => sum + most, 0n) >= amount) return fill(amount, used);
  }
  return null;
}

/** Equal parts as far as each node allows, in whole LINK; the node with the most available takes what is left over. */
function fill(amount: bigint, candidates: readonly Candidate[]): Part[] {
  const parts: Part[] = [];
  let rest = amount;
  for (let at = candidates.length - 1; at > 0; at -= 1) {
    const { node, most } = candidates[at] as Candidate;
    const equal = rest / BigInt(at + 1);
    const part = equal < most ? roundedDown(equal, rest, candidates.slice(0, at)) : most;
    parts.unshift({ node, amount: part });
    rest -= part;
  }
  return [{ node: (candidates[0] as Candidate).node, amount: rest }, ...parts];
}

/** Rounded down to whole LINK, unless the nodes before it could not take the difference. */
function roundedDown(part: bigint, rest: bigint, earlier: readonly Candidate[]): bigint {
  const whole = part - (part % JUELS_PER_LINK);
  const left = earlier.reduce((sum, { most }) => sum + most, 0n);
  return whole > 0n && rest - whole <= left ? whole : part;
}
