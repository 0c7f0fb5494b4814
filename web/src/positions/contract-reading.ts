/** While the server is down, reads the holder's stake from the contract, through the wallet's own provider. */

import { effect } from "@preact/signals";
import { createRefresher } from "../api/refresher.ts";
import { config, nodes, reach } from "../api/store.ts";
import { loadContract } from "../wallet/chunk.ts";
import { transactions } from "../transactions/store.ts";
import { account, isWrongChain, wallet } from "../wallet/session.ts";
import { fromContract } from "./holdings.ts";

const READ_EVERY_MS = 8_000;

async function readHoldings(): Promise<void> {
  const provider = wallet.peek()?.provider;
  const holder = account.peek();
  if (!provider || !holder || !config.peek() || isWrongChain.peek() || reach.peek() !== "down") return;
  const known = nodes.peek()?.data.map((node) => node.address) ?? null;
  const contract = await loadContract();
  const read = await contract.readStaker(provider, holder, known).catch(() => null);
  if (read && holder === account.peek()) fromContract.value = read;
}

const reader = createRefresher(readHoldings, READ_EVERY_MS, 0);

/** Reads at once, again whenever a transaction moves, and now and then, until the returned function is called. */
export function startContractReading(): () => void {
  const stop = effect(() => {
    if (reach.value !== "down") fromContract.value = null;
    else if (wallet.value && account.value && !isWrongChain.value && transactions.value) reader.now();
  });
  const timer = setInterval(() => reach.peek() === "down" && reader.eventually(), READ_EVERY_MS);
  return () => {
    clearInterval(timer);
    stop();
  };
}
