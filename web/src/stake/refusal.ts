/** What the page itself knows to speak against a stake, in words, and what could be staked instead. */

import { computed } from "@preact/signals";
import { config, nodes, pool } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { printLink } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { chainNow, holdings } from "../positions/holdings.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account } from "../wallet/session.ts";
import { chosenNode, hasStake, isSpread, missingPick, typedAmount } from "./form.ts";
import { leastOn, availableOn } from "./limits.ts";
import { mostSpread } from "./spread.ts";

export interface Refusal {
  sentence: string;
  /** An amount that would be taken. */
  instead: bigint | null;
}

/** What the chosen node has room for, or the nodes together that a stake is spread over; null while there is no list of nodes. */
export const available = computed<bigint | null>(() => {
  if (isSpread.value) return nodes.value && mostSpread(nodes.value.data, hasStake);
  const node = chosenNode.value;
  return node && availableOn(node, hasStake(node));
});

/**
 * The most that balance and room allow together; null while the balance is not known. One juel stays in the wallet: a balance
 * that was emptied makes the next payout pay for a new storage slot.
 */
export const mostPossible = computed<bigint | null>(() => {
  const balance = linkBalance.value;
  if (balance === null) return null;
  const most = balance > 0n ? balance - 1n : 0n;
  return available.value !== null && available.value < most ? available.value : most;
});

/** Null while nothing is known against it: then the contract is asked. */
export const knownRefusal = computed<Refusal | null>(() => {
  if (missingPick.value) return refuse("This node is not (or no longer) on the chain.");
  const node = chosenNode.value;
  if (!nodes.value || (!node && !isSpread.value)) return null;
  const amount = typedAmount.value;
  return (node && closedRefusal(node)) ?? pausedRefusal() ?? (amount.kind === "amount" ? amountRefusal(amount.juels, node) : null);
});

function closedRefusal(node: PoolNode): Refusal | null {
  if (node.status === "retired") return refuse("This node has retired: it takes no stake any more. Pick another node.");
  if (node.status === "closed") return refuse("This node is closed to new stake for now. Pick another node.");
  if (node.penalty_until && Date.parse(node.penalty_until) > chainNow()) {
    return refuse(`A penalty has been requested on this node: it takes no new stake before ${printDate(node.penalty_until)}. Pick another node.`);
  }
  return null;
}

function pausedRefusal(): Refusal | null {
  const paused = pool.value?.data.paused_until;
  return paused && Date.parse(paused) > chainNow() ? refuse(`New stake is paused until ${printDate(paused)}.`) : null;
}

/** `node` is null for an amount that is spread. */
function amountRefusal(amount: bigint, node: PoolNode | null): Refusal | null {
  if (amount === 0n) return refuse("The amount must be more than zero.");
  const balance = linkBalance.value;
  const most = mostPossible.value ?? available.value ?? 0n;
  const minimum = BigInt(config.value?.min_active_shares ?? "0");
  const least = node && isNewcomer(node) ? leastOn(node, minimum) : node ? 1n : minimum;
  const instead = most >= least && most > 0n ? most : null;
  if (available.value === 0n) return refuse(node ? "This node is full. Pick another node." : "No node has room for new stake just now.");
  if (balance !== null && amount > balance) return refuse(`You have ${printLink(balance)} LINK.`, instead);
  if (available.value !== null && amount > available.value) {
    const where = node ? "This node can" : "The nodes with the most room can together";
    return refuse(`${where} take ${printLink(available.value)} LINK${node ? "" : " in one transaction"}.`, instead);
  }
  if (amount < least) {
    const sentence = `The least that a new stake${node ? " on this node" : ""} can be is ${printLink(least)} LINK.`;
    return refuse(sentence, most >= least ? least : null);
  }
  return null;
}

/** Without a wallet everybody is taken for one; with one, nobody before their stake is known. */
function isNewcomer(node: PoolNode): boolean {
  return account.value === null || (holdings.value !== null && !hasStake(node));
}

export function refuse(sentence: string, instead: bigint | null = null): Refusal {
  return { sentence, instead };
}
