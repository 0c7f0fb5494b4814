/** The transactions this page follows. Sent ones survive a reload, kept by pool so that chains never mix. */

import { effect, signal } from "@preact/signals";
import { config } from "../api/store.ts";
import { recall, remember } from "../storage.ts";
import { type Transaction, isFollowed } from "./lifecycle.ts";

export const transactions = signal<readonly Transaction[]>([]);

const MAX_KEPT = 8;
let loadedKey: string | null = null;

/** Loads what an earlier visit sent and keeps storage equal to the list from then on. */
export function keepTransactions(): void {
  effect(() => {
    if (!config.value) return;
    const key = `linkpool.transactions.${config.value.chain_id}.${config.value.pool_address.toLowerCase()}`;
    if (loadedKey !== key) {
      loadedKey = key;
      transactions.value = [...transactions.peek(), ...readStored(key)];
    }
    const followed = transactions.value.filter(isFollowed);
    remember(key, followed.length > 0 ? JSON.stringify(followed) : null);
  });
}

/** Adds the transaction, newest first, or replaces the one with the same id. */
export function put(transaction: Transaction): void {
  const others = transactions.value.filter((known) => known.id !== transaction.id);
  const isKnown = others.length < transactions.value.length;
  transactions.value = isKnown
    ? transactions.value.map((known) => (known.id === transaction.id ? transaction : known))
    : [transaction, ...others].slice(0, MAX_KEPT);
}

export function dismiss(id: string): void {
  transactions.value = transactions.value.filter((known) => known.id !== id);
}

function readStored(key: string): Transaction[] {
  try {
    const stored: unknown = JSON.parse(recall(key) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isTransaction).slice(0, MAX_KEPT) : [];
  } catch {
    return [];
  }
}

function isTransaction(value: unknown): value is Transaction {
  const candidate = value as Partial<Transaction> | null;
  return typeof candidate?.id === "string" && typeof candidate.hash === "string" && typeof candidate.stage === "string";
}
