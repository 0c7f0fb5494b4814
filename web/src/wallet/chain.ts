import { signal } from "@preact/signals";
import { config } from "../api/store.ts";
import type { Config } from "../api/types.ts";
import { type Provider, prompt, requestChainId } from "./eip1193.ts";
import { type WalletFailure, describeFailure } from "./failure.ts";
import { wallet, walletChain } from "./session.ts";

/** What came of the last press of "Switch network", when the wallet is still elsewhere. */
export const switchProblem = signal<string | null>(null);

/** What every "Switch network" button does. A wallet that never answers leaves the button as it was. */
export async function changeChain(): Promise<void> {
  const used = wallet.peek();
  const target = config.peek();
  if (!used || !target) return;
  switchProblem.value = "Answer in your wallet.";
  const text = await switchChain(used.provider, target).then((failure) => failure?.text ?? null, (error) => describeFailure(error).text);
  if (wallet.peek() === used) switchProblem.value = text;
}

/**
 * Asks the wallet to move to the pool's chain (EIP-3326), and to learn it first when it does not know it (EIP-3085).
 * Only a chain with a public RPC address could be taught; for others the text says what to do by hand.
 */
export async function switchChain(provider: Provider, target: Config): Promise<WalletFailure | null> {
  const chainId = `0x${target.chain_id.toString(16)}`;
  try {
    await prompt(provider, "wallet_switchEthereumChain", [{ chainId }]);
  } catch (error) {
    const failure = describeFailure(error);
    if (failure.kind === "unsupported") return byHand(target);
    if (failure.kind !== "unknown-chain") return { ...failure, text: failure.text.replace("Nothing was sent.", "The network was not switched.") };
    const added = await addChain(provider, target, chainId);
    if (added) return added;
  }
  const chain = await requestChainId(provider);
  if (wallet.peek()?.provider === provider) walletChain.value = chain;
  return chain === target.chain_id ? null : byHand(target);
}

async function addChain(provider: Provider, target: Config, chainId: string): Promise<WalletFailure | null> {
  const rpcUrls = target.dev_mode ? [`${location.origin}/dev/rpc`] : [];
  if (rpcUrls.length === 0) return byHand(target);
  const chain = {
    chainId,
    chainName: chainNameOf(target),
    nativeCurrency: { name: target.currency_symbol, symbol: target.currency_symbol, decimals: 18 },
    rpcUrls,
    ...(target.explorer_url ? { blockExplorerUrls: [target.explorer_url] } : {}),
  };
  try {
    await prompt(provider, "wallet_addEthereumChain", [chain]);
    return null;
  } catch (error) {
    return describeFailure(error);
  }
}

function byHand(target: Config): WalletFailure {
  return { kind: "unknown-chain", text: `Your wallet did not switch. Choose the network with chain id ${target.chain_id} in it, and add it there first if it is missing.` };
}

export function chainNameOf(target: Config): string {
  return target.chain_name ?? `chain ${target.chain_id}`;
}

/** One sentence on a wallet that is not on the pool's chain; `chain` is null while the wallet has lost its connection. */
export function wrongChainText(chain: number | null, target: Config | null): string {
  const where = chain === null ? "Your wallet does not say which chain it is on" : `Your wallet is on chain ${chain}`;
  if (!target) return `${where}.`;
  return `${where}, but this pool lives on ${chainNameOf(target)}${target.chain_name ? ` (chain id ${target.chain_id})` : ""}.`;
}
