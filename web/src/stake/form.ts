/** What is typed into the stake form, and what follows from it. One form, reachable from every "Stake" button. */

import { computed, signal } from "@preact/signals";
import { nodes } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { type Address, isAddress, sameAddress } from "../format/address.ts";
import { parseLink } from "../format/typed.ts";
import { stakeOn } from "../positions/holdings.ts";
import { type Part, spread } from "./spread.ts";

export const AMOUNT_FIELD = "stake-amount";

export const amountText = signal("");
/** The node the person picked; null spreads over the nodes with the most room. */
const picked = signal<Address | null>(null);

export const typedAmount = computed(() => parseLink(amountText.value));

/** True while no node was picked: the amount then goes to several, in one transaction. */
export const isSpread = computed(() => picked.value === null);

/** The picked node. A pick is never exchanged for another node. */
export const chosenNode = computed<PoolNode | null>(() => (nodes.value?.data ?? []).find((node) => sameAddress(node.address, picked.value)) ?? null);

/** The picked node, when the list of nodes is known and does not hold it: never registered, or reorganised away. */
export const missingPick = computed<Address | null>(() => (nodes.value && !chosenNode.value ? picked.value : null));

/** What would go where; null when nothing could: no amount, no node, or no room. */
export const parts = computed<readonly Part[] | null>(() => {
  const typed = typedAmount.value;
  if (typed.kind !== "amount" || typed.juels === 0n) return null;
  if (isSpread.value) return spread(typed.juels, nodes.value?.data ?? [], hasStake);
  return chosenNode.value && [{ node: chosenNode.value, amount: typed.juels }];
});

export function hasStake(node: PoolNode): boolean {
  return stakeOn(node.address) > 0n;
}

export function typeAmount(text: string): void {
  amountText.value = text;
}

export function pickNode(address: Address | null): void {
  picked.value = address;
}

/** Picks the node and takes the person to the amount. */
export function chooseNode(address: Address): void {
  pickNode(address);
  const field = document.getElementById(AMOUNT_FIELD);
  field?.scrollIntoView({ block: "center" });
  field?.focus({ preventScroll: true });
}

/** Fills the form from a link such as `/?amount=250.5&node=0x…`. What stands there is typed for the person, and judged as if they had. */
export function fillFromLink(search: string): void {
  const asked = new URLSearchParams(search);
  const [amount, node] = [asked.get("amount"), asked.get("node")];
  if (amount !== null) typeAmount(amount.slice(0, 100));
  if (node !== null && isAddress(node)) pickNode(node);
}
