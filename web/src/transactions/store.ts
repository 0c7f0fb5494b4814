/**
 * The transactions this page follows. Sent ones survive a reload and are shared with other tabs: each has a key of its own,
 * so that no tab overwrites what another one sent. The keys name chain and pool, so that chains never mix.
 */

import { effect, signal } from "@preact/signals";
import { config } from "../api/store.ts";
import { recallAll, remember } from "../storage.ts";
import { type Transaction, isBusy, isFollowed } from "./transaction.ts";
import { isRemembered, readStored, storedText } from "./stored.ts";

export const transactions = signal<readonly Transaction[]>([]);

/** Ended ones beyond this many leave the list. What is under way stays: each cost its sender a signature. */
const MAX_ENDED = 8;
const MAX_KEPT = 64;

let prefix: string | null = null;
/** What this tab wrote or read of each transaction, by id. */
const written = new Map<string, string>();

/** Loads what was sent before, and keeps storage and other tabs equal to the list from then on. */
export function keepTransactions(): void {
  effect(() => {
    if (!config.value) return;
    const wanted = `linkpool.transaction.${config.value.chain_id}.${config.value.pool_address.toLowerCase()}.`;
    if (prefix !== wanted) {
      prefix = wanted;
      written.clear();
      for (const [key, text] of recallAll(prefix)) take(key.slice(prefix.length), text);
      transactions.value = [...transactions.peek()].sort((left, right) => (right.sentAt_ms ?? Infinity) - (left.sentAt_ms ?? Infinity));
    }
    save(transactions.value, prefix);
  });
  window.addEventListener("storage", ({ key, newValue }) => {
    if (prefix !== null && key?.startsWith(prefix)) take(key.slice(prefix.length), newValue);
  });
  // The wallet's answer comes to this page alone: left now, what it sends would be followed by nobody.
  window.addEventListener("beforeunload", (event) => {
    if (transactions.peek().some(({ stage }) => stage === "confirm")) event.preventDefault();
  });
}

/** Adds the transaction, newest first, or replaces the one with the same id. */
export function put(transaction: Transaction): void {
  const known = transactions.value;
  const isKnown = known.some(({ id }) => id === transaction.id);
  transactions.value = isKnown ? known.map((one) => (one.id === transaction.id ? transaction : one)) : bounded([transaction, ...known]);
}

export function dismiss(id: string): void {
  transactions.value = transactions.value.filter((known) => known.id !== id);
}

/** Stops waiting for the wallet. Should it send after all, the transaction comes back and is followed. */
export function abandon(id: string): void {
  const known = transactions.value.find((one) => one.id === id);
  if (known) put({ ...known, stage: "abandoned", wasGivenUp: true });
}

function bounded(list: readonly Transaction[]): Transaction[] {
  let ended = 0;
  return list.filter((one) => isBusy(one) || isFollowed(one) || (ended += 1) <= MAX_ENDED).slice(0, MAX_KEPT);
}

/** What another tab, or an earlier visit, wrote of one transaction; null when it is not followed there any more. */
function take(id: string, text: string | null): void {
  const own = transactions.peek().find((known) => known.id === id);
  const read = text === null ? null : readStored(id, text, own);
  if (text !== null) written.set(id, text);
  else written.delete(id);
  if (read) put(read);
  else if (own && isFollowed(own)) dismiss(id);
}

/** Writes what changed. An end is written before its key goes, so that other tabs show the end and not a disappearance. */
function save(list: readonly Transaction[], start: string): void {
  for (const transaction of list) {
    const { id } = transaction;
    const before = written.get(id);
    if (before === undefined && !isRemembered(transaction)) continue;
    const text = storedText(transaction);
    if (before !== text) remember(start + id, text);
    if (isRemembered(transaction)) written.set(id, text);
    else forget(id, start);
  }
  for (const id of written.keys()) if (!list.some((known) => known.id === id)) forget(id, start);
}

function forget(id: string, start: string): void {
  written.delete(id);
  remember(start + id, null);
}
