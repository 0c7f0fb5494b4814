/** What is typed into the stake form, and what follows from it. One form, reachable from every "Stake" button. */

import { computed, signal } from "@preact/signals";
import { nodes } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { parseLink } from "../format/typed.ts";
import { mostAvailable } from "../nodes/order.ts";

export const AMOUNT_FIELD = "stake-amount";

export const amountText = signal("");
/** The node the person picked; null leaves the choice to the page, until an amount is typed for its proposal. */
const picked = signal<Address | null>(null);

export const typedAmount = computed(() => parseLink(amountText.value));

/** The picked node, or the open one with the most available when none was picked. A pick is never exchanged for another node. */
export const chosenNode = computed<PoolNode | null>(() => {
  const list = nodes.value?.data ?? [];
  if (!picked.value) return mostAvailable(list);
  return list.find((node) => sameAddress(node.address, picked.value)) ?? null;
});

/** The picked node, when the list of nodes is known and does not hold it: never registered, or reorganised away. */
export const missingPick = computed<Address | null>(() => (nodes.value && !chosenNode.value ? picked.value : null));

/** An amount is meant for the node it was typed beside: from now on no new figure moves the proposal elsewhere. */
export function typeAmount(text: string): void {
  if (text !== "") picked.value ??= chosenNode.value?.address ?? null;
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
