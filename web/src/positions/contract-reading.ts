/** While the server is down, reads the holder's stake from the contract, through the wallet's own provider. */

import { effect, signal } from "@preact/signals";
import { type Refresher, createRefresher } from "../api/refresher.ts";
import { config, nodes, reach } from "../api/store.ts";
import { loadContract } from "../wallet/chunk.ts";
import { describeFailure } from "../wallet/failure.ts";
import { transactions } from "../transactions/store.ts";
import { account, isWrongChain, wallet } from "../wallet/session.ts";
import { fromContract } from "./holdings.ts";

const READ_EVERY_MS = 8_000;

/** Why the last reading failed; it is tried again by itself. */
export const readingProblem = signal<string | null>(null);

async function readHoldings(): Promise<void> {
  const provider = wallet.peek()?.provider;
  const holder = account.peek();
  if (!provider || !holder || !config.peek() || isWrongChain.peek() || reach.peek() !== "down") return;
  const known = nodes.peek()?.data.map((node) => node.address) ?? null;
  const isCurrent = () => holder === account.peek() && provider === wallet.peek()?.provider;
  try {
    const contract = await loadContract();
    const read = await contract.readStaker(provider, holder, known);
    if (!isCurrent()) return;
    fromContract.value = read;
    readingProblem.value = null;
  } catch (error) {
    if (isCurrent()) readingProblem.value = `Your stake could not be read from the contract. ${describeFailure(error).text} Trying again by itself.`;
  }
}

/** One for each wallet: one that never answers must not hold up the next. */
let reader: Refresher = createRefresher(readHoldings, READ_EVERY_MS, 0);

/** Reads at once, again whenever a transaction moves, and now and then, until the returned function is called. */
export function startContractReading(): () => void {
  const stopOld = effect(() => {
    void [wallet.value, account.value];
    readingProblem.value = null;
    reader = createRefresher(readHoldings, READ_EVERY_MS, 0);
  });
  const stop = effect(() => {
    if (reach.value !== "down") fromContract.value = null;
    else if (wallet.value && account.value && !isWrongChain.value && transactions.value) reader.now();
  });
  const timer = setInterval(() => reach.peek() === "down" && reader.eventually(), READ_EVERY_MS);
  return () => {
    clearInterval(timer);
    stopOld();
    stop();
  };
}
