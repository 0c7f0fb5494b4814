/** The life of one transaction as a pure state machine: what was seen goes in, what to show comes out. */

import type { TransactionRecord } from "../api/types.ts";
import { type Stage, type Transaction, isFollowed } from "./transaction.ts";

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
/** Some blocks on any chain. A contract wallet's hash names no transaction at all, and a private one may show late. */
export const UNKNOWN_AFTER_MS = 90_000;
/** One odd answer of a load-balanced RPC must not declare a transaction replaced, or its block reorganised away. */
const SIGHTINGS_NEEDED = 2;

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
    unknownSeen: 0,
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
  const isUnheard = before.nonce === null && seen.isDirect && !wasIncluded;
  const unknownSeen = isUnheard ? before.unknownSeen + 1 : 0;
  if (wasIncluded && missingSeen < SIGHTINGS_NEEDED) return { ...before, usedNonceSeen, missingSeen };
  const waited_ms = before.sentAt_ms === null ? 0 : seen.now_ms - before.sentAt_ms;
  const isUnknown = unknownSeen >= SIGHTINGS_NEEDED && waited_ms >= UNKNOWN_AFTER_MS;
  return {
    ...before,
    blockNumber: null,
    blockHash: null,
    usedNonceSeen,
    missingSeen: 0,
    unknownSeen,
    stage: usedNonceSeen >= SIGHTINGS_NEEDED ? "replaced" : isUnknown || (before.stage === "unknown" && before.nonce === null) ? "unknown" : "sent",
    wasReorged: before.wasReorged || wasIncluded,
    isSlow: waited_ms >= SLOW_AFTER_MS,
  };
}
