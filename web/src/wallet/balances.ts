/** The connected account's LINK, read through its own wallet. */

import { effect, signal } from "@preact/signals";
import { config, indexed } from "../api/store.ts";
import { type Refresher, createRefresher } from "../api/refresher.ts";
import { transactions } from "../transactions/store.ts";
import { loadContract } from "./chunk.ts";
import { account, isWrongChain, wallet } from "./session.ts";

/** Null until known: no wallet, wrong chain, or still reading. */
export const linkBalance = signal<bigint | null>(null);
/** True when the wallet was asked and gave no balance. */
export const isBalanceUnread = signal(false);

const READ_EVERY_MS = 3_000;

async function readBalance(): Promise<void> {
  const owner = account.peek();
  const used = wallet.peek();
  if (!owner || !used || !config.peek() || isWrongChain.peek()) return;
  const isCurrent = () => owner === account.peek() && used === wallet.peek() && !isWrongChain.peek();
  try {
    const contract = await loadContract();
    const balance = await contract.balance(used.provider, owner);
    if (isCurrent()) show(balance, false);
  } catch {
    if (isCurrent()) show(null, true);
  }
}

function show(balance: bigint | null, isUnread: boolean): void {
  linkBalance.value = balance;
  isBalanceUnread.value = isUnread;
}

/** One for each account and wallet: a wallet that never answers must not hold up the next one. */
let reader: Refresher | null = null;

export function startBalances(): void {
  effect(() => {
    void [account.value, wallet.value, config.value, isWrongChain.value];
    show(null, false);
    reader = createRefresher(readBalance, READ_EVERY_MS, 0);
    reader.now();
  });
  effect(() => {
    if (transactions.value.length > 0) reader?.now();
  });
  effect(() => {
    if (indexed.value && account.value) reader?.eventually();
  });
}
