/** One transaction that this page sends and follows, and what its stage means for what may be done next. */

import type { Position } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";

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
  | "failed"
  /** The person stopped waiting for their wallet. */
  | "abandoned"
  /** The wallet gave a hash, and its chain knows no transaction with it. */
  | "unknown";

export interface Transaction {
  /** Made by the page before a hash exists. */
  id: string;
  title: string;
  account: Address;
  /** The node it acts on; null when it acts on several. */
  node: Address | null;
  isStake: boolean;
  /** What was staked, in juels as a decimal string; null for what stakes nothing. */
  staked: string | null;
  stage: Stage;
  /** When the wallet was asked to sign. */
  askedAt_ms: number | null;
  hash: string | null;
  nonce: number | null;
  blockNumber: number | null;
  blockHash: string | null;
  sentAt_ms: number | null;
  /** The contract's sentence, or the wallet's, for a stage that went wrong. */
  reason: string | null;
  /** The person stopped waiting for their wallet at some time; should it be sent after all, nothing else may follow from that. */
  wasGivenUp: boolean;
  /** Sixty seconds without a block. */
  isSlow: boolean;
  /** A block that held it was replaced. */
  wasReorged: boolean;
  /** Observations in a row in which its nonce was used but it was in no block. */
  usedNonceSeen: number;
  /** Observations in a row in which the block that held it held it no more. */
  missingSeen: number;
  /** Observations in a row in which the wallet's chain knew no transaction with its hash, and never had. */
  unknownSeen: number;
  /** A refusal in a block that is final: nothing can come after it. */
  isSettled: boolean;
}

const FOLLOWED: readonly Stage[] = ["sent", "mined", "indexed", "reverted", "unknown"];

/** True while the chain may still change what is shown. */
export function isFollowed(transaction: Transaction): boolean {
  return transaction.hash !== null && !transaction.isSettled && FOLLOWED.includes(transaction.stage);
}

/** True while the wallet has not been asked yet, or has not answered. */
export function isAsking({ stage }: Transaction): boolean {
  return stage === "checking" || stage === "confirm";
}

/** True for what was sent from a position: everything but stake. */
export function isOfPosition({ isStake, account, node }: Transaction, position: Pick<Position, "staker" | "node">): boolean {
  return !isStake && sameAddress(account, position.staker) && sameAddress(node, position.node);
}

/** True until the person has an answer: used to keep them from sending the same thing twice. */
export function isBusy(transaction: Transaction): boolean {
  return isAsking(transaction) || transaction.stage === "sent" || transaction.stage === "mined";
}

export function begin(id: string, title: string, account: Address, node: Address | null, isStake = false, staked: string | null = null): Transaction {
  return {
    id,
    title,
    account,
    node,
    isStake,
    staked,
    stage: "checking",
    askedAt_ms: null,
    hash: null,
    nonce: null,
    blockNumber: null,
    blockHash: null,
    sentAt_ms: null,
    reason: null,
    wasGivenUp: false,
    isSlow: false,
    wasReorged: false,
    usedNonceSeen: 0,
    missingSeen: 0,
    unknownSeen: 0,
    isSettled: false,
  };
}
