/** The connected account's LINK, read through its own wallet. */

import { effect, signal } from "@preact/signals";
import { config, indexed } from "../api/store.ts";
import { createRefresher } from "../api/refresher.ts";
import { transactions } from "../transactions/store.ts";
import { loadContract } from "./chunk.ts";
import { account, isWrongChain, wallet } from "./session.ts";

/** Null until known: no wallet, wrong chain, or still reading. */
export const linkBalance = signal<bigint | null>(null);

const READ_EVERY_MS = 3_000;

async function readBalance(): Promise<void> {
  const owner = account.peek();
  const provider = wallet.peek()?.provider;
  if (!owner || !provider || !config.peek() || isWrongChain.peek()) {
    linkBalance.value = null;
    return;
  }
  try {
    const contract = await loadContract();
    const balance = await contract.balance(provider, owner);
    if (owner === account.peek()) linkBalance.value = balance;
  } catch {
    linkBalance.value = null;
  }
}

const reader = createRefresher(readBalance, READ_EVERY_MS, 0);

export function startBalances(): void {
  effect(() => {
    void [account.value, wallet.value, config.value, isWrongChain.value, transactions.value];
    reader.now();
  });
  effect(() => {
    if (indexed.value && account.value) reader.eventually();
  });
}
