/** What the connected account holds: from the index, or from the contract while the index can't be reached. */

import { computed, signal } from "@preact/signals";
import { type AsOfValue, indexed as newest, reach, staker } from "../api/store.ts";
import type { Staker } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { juels } from "../format/juels.ts";
import { account } from "../wallet/session.ts";

/** Read through the wallet; set only while the server is down. */
export const fromContract = signal<AsOfValue<Staker> | null>(null);

export const holdings = computed<AsOfValue<Staker> | null>(() => {
  const indexed = staker.value && sameAddress(staker.value.data.address, account.value) ? staker.value : null;
  const direct = fromContract.value && sameAddress(fromContract.value.data.address, account.value) ? fromContract.value : null;
  return reach.value === "down" ? (direct ?? indexed) : indexed;
});

/** The time of the block that the shown stake was read at, in milliseconds: a block decides what may leave, not this computer. */
export function chainNow(): number {
  return Date.parse((fromContract.value?.asOf ?? newest.value)?.block_timestamp ?? "") || Date.now();
}

export function stakeOn(node: Address): bigint {
  const position = holdings.value?.data.positions.find((candidate) => sameAddress(candidate.node, node));
  return position ? juels(position.active_stake_juels) : 0n;
}
