import type { Config } from "../api/types.ts";
import { type Provider, type WalletFailure, describeFailure, requestChainId } from "./eip1193.ts";
import { walletChain } from "./session.ts";

/**
 * Asks the wallet to move to the pool's chain (EIP-3326), and to learn it first when it does not know it (EIP-3085).
 * Only a chain with a public RPC address could be taught; for others the text says what to do by hand.
 */
export async function switchChain(provider: Provider, config: Config): Promise<WalletFailure | null> {
  const chainId = `0x${config.chain_id.toString(16)}`;
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  } catch (error) {
    const failure = describeFailure(error);
    if (failure.kind !== "unknown-chain") return failure;
    const added = await addChain(provider, config, chainId);
    if (added) return added;
  }
  walletChain.value = await requestChainId(provider);
  return null;
}

async function addChain(provider: Provider, config: Config, chainId: string): Promise<WalletFailure | null> {
  const rpcUrls = config.dev_mode ? [`${location.origin}/dev/rpc`] : [];
  if (rpcUrls.length === 0) {
    return { kind: "unknown-chain", text: `Add the network with chain id ${config.chain_id} in your wallet's settings, then switch to it.` };
  }
  const chain = {
    chainId,
    chainName: chainNameOf(config),
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls,
    ...(config.explorer_url ? { blockExplorerUrls: [config.explorer_url] } : {}),
  };
  try {
    await provider.request({ method: "wallet_addEthereumChain", params: [chain] });
    return null;
  } catch (error) {
    return describeFailure(error);
  }
}

export function chainNameOf(config: Config): string {
  return config.chain_name ?? `chain ${config.chain_id}`;
}

/** One sentence on a wallet that is not on the pool's chain; `chain` is null while the wallet has lost its connection. */
export function wrongChainText(chain: number | null, target: Config | null): string {
  const where = chain === null ? "Your wallet does not say which chain it is on" : `Your wallet is on chain ${chain}`;
  if (!target) return `${where}.`;
  return `${where}, but this pool lives on ${chainNameOf(target)}${target.chain_name ? ` (chain id ${target.chain_id})` : ""}.`;
}
