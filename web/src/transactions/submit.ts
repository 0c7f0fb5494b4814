/** Sends one action: the contract judges it first, then the wallet is asked, then it is followed. */

import { config } from "../api/store.ts";
import type { Address } from "../format/address.ts";
import { wrongChainText } from "../wallet/chain.ts";
import { loadContract } from "../wallet/chunk.ts";
import { type Provider, prompt, requestChainId } from "../wallet/eip1193.ts";
import { describeFailure } from "../wallet/failure.ts";
import { account, isWrongChain, wallet, walletChain } from "../wallet/session.ts";
import type { Call, PoolContract } from "../wallet/contract.ts";
import { type Transaction, begin, isAsking } from "./transaction.ts";
import { put, transactions } from "./store.ts";

export interface Action {
  title: string;
  node: Address | null;
  isStake?: boolean;
  /** What is staked; for the estimate that is shown afterwards. */
  juels?: bigint;
  encode(contract: PoolContract): Call;
}

const NO_HASH = "Your wallet answered without a transaction's hash. Look in its activity whether it was sent, before you try again.";

/** True for what the wallet sent while the person was waiting for it. */
export function isSent(transaction: Transaction | null): boolean {
  return transaction?.stage === "sent" && !transaction.wasGivenUp;
}

/** Resolves once the wallet has answered: with the sent transaction, or with the stage that stopped it. */
export async function submit(action: Action): Promise<Transaction | null> {
  const chosen = wallet.value;
  const from = account.value;
  if (!chosen || !from || isWrongChain.value) return null;
  let transaction = begin(crypto.randomUUID(), action.title, from, action.node, action.isStake, action.juels?.toString() ?? null);
  /** What the person sees; they may have stopped waiting, or hidden it. */
  const shown = () => transactions.peek().find(({ id }) => id === transaction.id);
  const move = (change: Partial<Transaction>): Transaction => {
    transaction = { ...(shown() ?? transaction), ...change };
    put(transaction);
    return transaction;
  };
  move({});
  let contract: PoolContract | null = null;
  try {
    contract = await loadContract();
    const call = action.encode(contract);
    await requirePoolChain(chosen.provider);
    const refusal = await contract.simulate(chosen.provider, from, call);
    const limit = refusal ? {} : await contract.gasLimit(chosen.provider, from, call);
    const chainId = refusal ? "" : await requirePoolChain(chosen.provider);
    if (shown()?.stage !== "checking") return shown() ?? null;
    if (refusal) return move({ stage: "would-revert", reason: refusal });
    move({ stage: "confirm", askedAt_ms: Date.now() });
    const hash = await prompt(chosen.provider, "eth_sendTransaction", [{ from, to: call.to, data: call.data, chainId, ...limit }]);
    if (typeof hash !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(hash)) return move({ stage: "failed", reason: NO_HASH });
    return move({ stage: "sent", hash, sentAt_ms: Date.now() });
  } catch (error) {
    const failure = describeFailure(error);
    const now = shown();
    if (!now || !isAsking(now)) return now ?? null;
    if (failure.kind === "rejected") return move({ stage: "rejected", reason: failure.text });
    return move({ stage: "failed", reason: contract?.sentenceIn(error) ?? failure.text });
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
