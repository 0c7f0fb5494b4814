/** The life of one transaction as a pure state machine: what was seen goes in, what to show comes out. */

import type { TransactionRecord } from "../api/types.ts";
import type { Address } from "../format/address.ts";

export type Stage =
  | "checking"
  | "confirm"
  | "sent"
  | "mined"
  | "indexed"
  | "final"
  | "rejected"
  | "would-revert"
  | "reverted"
  | "replaced"
  | "failed";

export interface Transaction {
  /** Made by the page before a hash exists. */
  id: string;
  title: string;
  account: Address;
  /** The node it acts on; null when it acts on several. */
  node: Address | null;
  stage: Stage;
  hash: string | null;
  nonce: number | null;
  blockNumber: number | null;
  blockHash: string | null;
  sentAt_ms: number | null;
  /** The contract's sentence, or the wallet's, for a stage that went wrong. */
  reason: string | null;
  /** Sixty seconds without a block. */
  isSlow: boolean;
  /** A block that held it was replaced. */
  wasReorged: boolean;
  /** Observations in a row in which its nonce was used but it was in no block. */
  usedNonceSeen: number;
  /** Observations in a row in which the block that held it held it no more. */
  missingSeen: number;
  /** A refusal in a block that is final: nothing can come after it. */
  isSettled: boolean;
}

/** What the wallet's chain and the index say at one moment. */
export interface Observation {
  receipt: { blockNumber: number; blockHash: string; isSuccess: boolean } | null;
  /** True when the receipt, or its absence, was read from the chain through a wallet; the index alone knows no refusals. */
  isDirect: boolean;
  /** What the index holds of it; null when the server did not answer. */
  record: TransactionRecord | null;
  /** The nonce of the transaction if the wallet's chain knows it, mined or pending. */
  nonce: number | null;
  /** The account's next nonce, read before the receipt, so that a missing receipt with a used nonce is no race. */
  accountNonce: number | null;
  finalizedBlock: number;
  now_ms: number;
}

export const SLOW_AFTER_MS = 60_000;
/** One odd answer of a load-balanced RPC must not declare a transaction replaced, or its block reorganised away. */
const SIGHTINGS_NEEDED = 2;

const FOLLOWED: readonly Stage[] = ["sent", "mined", "indexed", "reverted"];

/** True while the chain may still change what is shown. */
export function isFollowed(transaction: Transaction): boolean {
  return transaction.hash !== null && !transaction.isSettled && FOLLOWED.includes(transaction.stage);
}

/** True until the person has an answer: used to keep them from sending the same thing twice. */
export function isBusy(transaction: Transaction): boolean {
  return ["checking", "confirm", "sent", "mined"].includes(transaction.stage);
}

export function begin(id: string, title: string, account: Address, node: Address | null): Transaction {
  return {
    id,
    title,
    account,
    node,
    stage: "checking",
    hash: null,
    nonce: null,
    blockNumber: null,
    blockHash: null,
    sentAt_ms: null,
    reason: null,
    isSlow: false,
    wasReorged: false,
    usedNonceSeen: 0,
    missingSeen: 0,
    isSettled: false,
  };
}

export function advance(before: Transaction, seen: Observation): Transaction {
  if (!isFollowed(before)) return before;
  const nonce = before.nonce ?? seen.nonce;
  if (!seen.receipt && before.blockHash !== null && !seen.isDirect) {
    return before.stage === "indexed" ? { ...before, stage: depth(before, before.blockHash, seen.record) } : before;
  }
  if (!seen.receipt) return withoutReceipt({ ...before, nonce }, seen);
  const { blockNumber, blockHash, isSuccess } = seen.receipt;
  const moved = before.blockHash !== null && before.blockHash !== blockHash;
  return {
    ...before,
    nonce,
    blockNumber,
    blockHash,
    stage: isSuccess ? depth(before, blockHash, seen.record) : "reverted",
    isSlow: false,
    wasReorged: before.wasReorged || moved,
    usedNonceSeen: 0,
    missingSeen: 0,
    isSettled: !isSuccess && seen.finalizedBlock >= blockNumber,
  };
}

/** Heights prove nothing, as the index may hold another block at the same one: it must hold this transaction in this block. */
function depth(before: Transaction, blockHash: string, record: TransactionRecord | null): Stage {
  if (!record) return before.stage === "indexed" && before.blockHash === blockHash ? "indexed" : "mined";
  if (record.events[0]?.block_hash.toLowerCase() !== blockHash.toLowerCase()) return "mined";
  return record.state === "finalized" ? "final" : "indexed";
}

function withoutReceipt(before: Transaction, seen: Observation): Transaction {
  const wasIncluded = before.blockHash !== null;
  const isNonceUsed = before.nonce !== null && seen.accountNonce !== null && seen.accountNonce > before.nonce;
  const usedNonceSeen = isNonceUsed ? before.usedNonceSeen + 1 : 0;
  const missingSeen = before.missingSeen + 1;
  if (wasIncluded && missingSeen < SIGHTINGS_NEEDED) return { ...before, usedNonceSeen, missingSeen };
  return {
    ...before,
    blockNumber: null,
    blockHash: null,
    usedNonceSeen,
    missingSeen: 0,
    stage: usedNonceSeen >= SIGHTINGS_NEEDED ? "replaced" : "sent",
    wasReorged: before.wasReorged || wasIncluded,
    isSlow: before.sentAt_ms !== null && seen.now_ms - before.sentAt_ms >= SLOW_AFTER_MS,
  };
}
