/** The connected wallet: which one, which account, which chain. One at a time. */

import { batch, computed, signal } from "@preact/signals";
import { config } from "../api/store.ts";
import { type Address, isAddress } from "../format/address.ts";
import { recall, remember } from "../storage.ts";
import { type Wallet, discoverWallets } from "./discovery.ts";
import { prompt, request, requestChainId } from "./eip1193.ts";
import { type WalletFailure, describeFailure } from "./failure.ts";

/** A wallet that has been asked for an account, and since when. */
export interface Attempt {
  wallet: Wallet;
  since_ms: number;
}

export const wallet = signal<Wallet | null>(null);
export const account = signal<Address | null>(null);
export const walletChain = signal<number | null>(null);
/** The question that is open. Another wallet may be asked meanwhile; an answer counts only while its question is this one. */
export const connecting = signal<Attempt | null>(null);
export const connectFailure = signal<WalletFailure | null>(null);
/** Opened by every "Connect" button; the dialog itself is mounted once. */
export const isConnectOpen = signal(false);
/** The element that the keyboard goes to once an account is there: by then the button that opened the dialog is gone. */
export const focusAfterConnect = signal("");

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

export function openConnect(focusAfter: string): void {
  focusAfterConnect.value = focusAfter;
  isConnectOpen.value = true;
}

/** Asks the wallet for an account, which makes it prompt. Whatever was asked before is let go: some wallets never answer. */
export async function connect(chosen: Wallet): Promise<void> {
  const attempt = { wallet: chosen, since_ms: Date.now() };
  connecting.value = attempt;
  connectFailure.value = null;
  try {
    const accounts = await prompt(chosen.provider, "eth_requestAccounts");
    await adopt(chosen, accounts, () => connecting.peek() === attempt);
    if (connecting.peek() === attempt) isConnectOpen.value = false;
  } catch (error) {
    if (connecting.peek() === attempt) connectFailure.value = describeFailure(error);
  } finally {
    if (connecting.peek() === attempt) connecting.value = null;
  }
}

/** Stops waiting for the wallet; a late answer is ignored. */
export function cancelConnect(): void {
  connecting.value = null;
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
  const isWanted = () => !wallet.peek() && !connecting.peek();
  try {
    const accounts = await request(found.provider, "eth_accounts");
    if (Array.isArray(accounts) && accounts.length > 0) await adopt(found, accounts, isWanted);
  } catch {
    // A wallet that can't answer quietly is connected by its button instead.
  }
}

async function adopt(chosen: Wallet, accounts: unknown, isWanted: () => boolean): Promise<void> {
  const first = Array.isArray(accounts) ? accounts[0] : null;
  if (typeof first !== "string" || !isAddress(first)) throw new Error("The wallet shared no account. Unlock it and try again.");
  const chain = await requestChainId(chosen.provider);
  if (!isWanted()) return;
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
    const chain = Number(chainId);
    walletChain.value = Number.isSafeInteger(chain) ? chain : null;
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
