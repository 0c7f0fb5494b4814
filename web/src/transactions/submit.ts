/** Sends one action: the contract judges it first, then the wallet is asked, then it is followed. */

import { config } from "../api/store.ts";
import type { Address } from "../format/address.ts";
import { wrongChainText } from "../wallet/chain.ts";
import { loadContract } from "../wallet/chunk.ts";
import { type Provider, describeFailure, requestChainId, requestText } from "../wallet/eip1193.ts";
import { account, isWrongChain, wallet, walletChain } from "../wallet/session.ts";
import type { Call, PoolContract } from "../wallet/contract.ts";
import { type Transaction, begin } from "./lifecycle.ts";
import { put } from "./store.ts";

export interface Action {
  title: string;
  node: Address | null;
  encode(contract: PoolContract): Call;
}

/** Resolves once the wallet has answered: with the sent transaction, or with the stage that stopped it. */
export async function submit(action: Action): Promise<Transaction | null> {
  const chosen = wallet.value;
  const from = account.value;
  if (!chosen || !from || isWrongChain.value) return null;
  let transaction = begin(crypto.randomUUID(), action.title, from, action.node);
  const move = (change: Partial<Transaction>): Transaction => {
    transaction = { ...transaction, ...change };
    put(transaction);
    return transaction;
  };
  move({});
  try {
    const contract = await loadContract();
    const call = action.encode(contract);
    await requirePoolChain(chosen.provider);
    const refusal = await contract.simulate(chosen.provider, from, call);
    if (refusal) return move({ stage: "would-revert", reason: refusal });
    const chainId = await requirePoolChain(chosen.provider);
    move({ stage: "confirm" });
    const hash = await requestText(chosen.provider, "eth_sendTransaction", [{ from, to: call.to, data: call.data, chainId }]);
    return move({ stage: "sent", hash, sentAt_ms: Date.now() });
  } catch (error) {
    const failure = describeFailure(error);
    return move({ stage: failure.kind === "rejected" ? "rejected" : "failed", reason: failure.text });
  }
}

/**
 * Asks the wallet itself: its events may be late or missing, and a transaction for the token's address on another
 * chain can move money there. Telling the session makes the page offer the switch. Gives the chain id for the transaction.
 */
async function requirePoolChain(provider: Provider): Promise<string> {
  const target = config.peek();
  const chain = await requestChainId(provider);
  if (wallet.peek()?.provider === provider) walletChain.value = chain;
  if (!target || chain !== target.chain_id) throw new Error(`${wrongChainText(chain, target)} Nothing was sent. Switch the network and try again.`);
  return `0x${chain.toString(16)}`;
}
