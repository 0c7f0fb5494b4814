/** What the page itself knows to speak against a stake, in words, and what could be staked instead. */

import { computed } from "@preact/signals";
import { config, pool } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { printLink } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { chainNow, holdings, stakeOn } from "../positions/holdings.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account } from "../wallet/session.ts";
import { chosenNode, missingPick, typedAmount } from "./form.ts";
import { leastOn, availableOn } from "./limits.ts";

export interface Refusal {
  sentence: string;
  /** An amount that would be taken. */
  instead: bigint | null;
}

/** The chosen node's room for this holder. */
export const available = computed<bigint | null>(() => {
  const node = chosenNode.value;
  return node && availableOn(node, stakeOn(node.address) > 0n);
});

/** The most that balance and room allow together; null while the balance is not known. */
export const mostPossible = computed<bigint | null>(() => {
  const balance = linkBalance.value;
  if (balance === null) return null;
  return available.value !== null && available.value < balance ? available.value : balance;
});

/** Null while nothing is known against it: then the contract is asked. */
export const knownRefusal = computed<Refusal | null>(() => {
  if (missingPick.value) return refuse("This node is not (or no longer) on the chain.");
  const node = chosenNode.value;
  if (!node) return null;
  const amount = typedAmount.value;
  return closedRefusal(node) ?? (amount.kind === "amount" ? amountRefusal(amount.juels, node) : null);
});

function closedRefusal(node: PoolNode): Refusal | null {
  if (node.status === "retired") return refuse("This node has retired: it takes no stake any more. Pick another node.");
  if (node.status === "closed") return refuse("This node is closed to new stake for now. Pick another node.");
  if (node.penalty_until && Date.parse(node.penalty_until) > chainNow()) {
    return refuse(`A penalty has been requested on this node: it takes no new stake before ${printDate(node.penalty_until)}. Pick another node.`);
  }
  const paused = pool.value?.data.paused_until;
  return paused && Date.parse(paused) > chainNow() ? refuse(`New stake is paused until ${printDate(paused)}.`) : null;
}

function amountRefusal(amount: bigint, node: PoolNode): Refusal | null {
  if (amount === 0n) return refuse("The amount must be more than zero.");
  const balance = linkBalance.value;
  const most = mostPossible.value ?? available.value ?? 0n;
  const least = isNewcomer(node) ? leastOn(node, BigInt(config.value?.min_active_shares ?? "0")) : 1n;
  const instead = most >= least ? most : null;
  if (available.value === 0n) return refuse("This node is full. Pick another node.");
  if (balance !== null && amount > balance) return refuse(`You have ${printLink(balance)} LINK.`, instead);
  if (available.value !== null && amount > available.value) return refuse(`This node can take ${printLink(available.value)} LINK.`, instead);
  if (amount < least) return refuse(`The least that a new stake on this node can be is ${printLink(least)} LINK.`, most >= least ? least : null);
  return null;
}

/** Without a wallet everybody is taken for one; with one, nobody before their stake is known. */
function isNewcomer({ address }: PoolNode): boolean {
  return account.value === null || (holdings.value !== null && stakeOn(address) === 0n);
}

export function refuse(sentence: string, instead: bigint | null = null): Refusal {
  return { sentence, instead };
}
