/** The connected wallet: which one, which account, which chain. One at a time. */

import { batch, computed, signal } from "@preact/signals";
import { config } from "../api/store.ts";
import { type Address, isAddress } from "../format/address.ts";
import { recall, remember } from "../storage.ts";
import { type Wallet, discoverWallets } from "./discovery.ts";
import { type WalletFailure, describeFailure, requestChainId } from "./eip1193.ts";

export const wallet = signal<Wallet | null>(null);
export const account = signal<Address | null>(null);
export const walletChain = signal<number | null>(null);
export const connecting = signal<Wallet | null>(null);
export const connectFailure = signal<WalletFailure | null>(null);
/** Opened by every "Connect" button; the dialog itself is mounted once. */
export const isConnectOpen = signal(false);

/** A chain that is not known counts as wrong: what is signed then could land anywhere. */
export const isWrongChain = computed(() => !!account.value && !!config.value && walletChain.value !== config.value.chain_id);

const LAST_WALLET = "linkpool.wallet";
let stopListening: (() => void) | null = null;

/** Finds wallets and quietly takes up the one used last, if it still lets this page see an account. */
export function startSession(): void {
  discoverWallets((found) => {
    if (found.rdns === recall(LAST_WALLET) && !wallet.value) void resume(found);
  });
}

/** Asks the wallet for an account, which makes it prompt. */
export async function connect(chosen: Wallet): Promise<void> {
  connecting.value = chosen;
  connectFailure.value = null;
  try {
    const accounts = await chosen.provider.request({ method: "eth_requestAccounts" });
    await adopt(chosen, accounts);
    isConnectOpen.value = false;
  } catch (error) {
    connectFailure.value = describeFailure(error);
  } finally {
    connecting.value = null;
  }
}

/** Forgets the wallet on this page; what the wallet remembers is its own affair. */
export function disconnect(): void {
  stopListening?.();
  stopListening = null;
  remember(LAST_WALLET, null);
  batch(() => {
    wallet.value = null;
    account.value = null;
    walletChain.value = null;
  });
}

async function resume(found: Wallet): Promise<void> {
  try {
    const accounts = await found.provider.request({ method: "eth_accounts" });
    if (Array.isArray(accounts) && accounts.length > 0 && !wallet.value) await adopt(found, accounts);
  } catch {
    // A wallet that can't answer quietly is connected by its button instead.
  }
}

async function adopt(chosen: Wallet, accounts: unknown): Promise<void> {
  const first = Array.isArray(accounts) ? accounts[0] : null;
  if (typeof first !== "string" || !isAddress(first)) throw new Error("The wallet shared no account. Unlock it and try again.");
  const chain = await requestChainId(chosen.provider);
  stopListening?.();
  stopListening = listen(chosen);
  remember(LAST_WALLET, chosen.rdns);
  batch(() => {
    wallet.value = chosen;
    account.value = first;
    walletChain.value = chain;
  });
}

function listen({ provider }: Wallet): () => void {
  const onAccounts = (accounts: readonly string[]) => {
    const first = accounts[0];
    if (first && isAddress(first)) account.value = first;
    else disconnect();
  };
  const onChain = (chainId: string) => {
    walletChain.value = Number(BigInt(chainId));
  };
  const onConnect = (info: { chainId: string }) => onChain(info.chainId);
  const onDisconnect = () => {
    walletChain.value = null;
  };
  provider.on?.("accountsChanged", onAccounts);
  provider.on?.("chainChanged", onChain);
  provider.on?.("connect", onConnect);
  provider.on?.("disconnect", onDisconnect);
  return () => {
    provider.removeListener?.("accountsChanged", onAccounts);
    provider.removeListener?.("chainChanged", onChain);
    provider.removeListener?.("connect", onConnect);
    provider.removeListener?.("disconnect", onDisconnect);
  };
}
