import { groupDigits } from "../format/juels.ts";
import { PROMPT_SLOW_MS } from "../wallet/eip1193.ts";
import type { Stage, Transaction } from "./transaction.ts";

/** The way a transaction goes when all goes well, as the person sees it. */
export const STEPS: readonly [Stage, string][] = [
  ["confirm", "Signed"],
  ["sent", "Confirmed"],
  ["mined", "Shown here"],
];

/** The last step of a stake, which is what the person came for. */
export function stepNames(isStake: boolean): string[] {
  return STEPS.map(([, word], index) => (isStake && index === STEPS.length - 1 ? "Staked" : word));
}

/** How many of STEPS are behind a transaction. */
export function stepsDone(stage: Stage): number {
  switch (stage) {
    case "checking":
    case "would-revert":
    case "confirm":
    case "rejected":
    case "failed":
    case "abandoned":
      return 0;
    case "sent":
    case "unknown":
    case "replaced":
      return 1;
    case "mined":
    case "reverted":
      return 2;
    case "indexed":
    case "final":
      return 3;
  }
}

export type Tone = "busy" | "good" | "calm" | "problem";

export function toneOf(stage: Stage): Tone {
  if (stage === "indexed" || stage === "final") return "good";
  if (["rejected", "replaced", "abandoned", "unknown"].includes(stage)) return "calm";
  return stage === "would-revert" || stage === "reverted" || stage === "failed" ? "problem" : "busy";
}

/** Where an older transaction stands, in two words. */
export function summarise({ stage, isSlow, wasReorged }: Transaction): string {
  if (stage === "sent") return wasReorged ? "waiting again" : isSlow ? "still waiting" : "sent";
  if (stage === "would-revert") return "not sent";
  if (stage === "rejected") return "declined";
  if (stage === "reverted") return "refused";
  if (stage === "abandoned") return "not awaited";
  if (stage === "unknown") return "not found";
  if (stage === "mined") return "in a block";
  return stage === "indexed" ? "done, not final yet" : stage === "final" ? "final" : "under way";
}

/** What to do about it; `now_ms` tells how long the wallet has been silent. */
export function describe(transaction: Transaction, now_ms = 0): string {
  const block = transaction.blockNumber === null ? "" : groupDigits(String(transaction.blockNumber));
  switch (transaction.stage) {
    case "checking":
      return "Checking with the contract…";
    case "confirm":
      return transaction.askedAt_ms !== null && now_ms - transaction.askedAt_ms >= PROMPT_SLOW_MS
        ? `Your wallet has not answered for ${PROMPT_SLOW_MS / 1_000} s. Open it and answer there, or stop waiting here.`
        : "Confirm in your wallet.";
    case "sent":
      return describeWaiting(transaction);
    case "mined":
      return `Confirmed in block ${block}. Waiting for the figures here to hold it.`;
    case "indexed":
      return `${transaction.isStake ? "Staked" : "Done"} in block ${block}, and the figures here hold it. Not final yet.`;
    case "final":
      return `${transaction.isStake ? "Staked" : "Done"}, and final in block ${block}: nothing can take it back.`;
    case "rejected":
      return transaction.reason ?? "Declined in your wallet.";
    case "would-revert":
      return `${transaction.reason ?? "The contract would refuse this."} Nothing was sent.`.replace("Nothing was sent. Nothing was sent.", "Nothing was sent.");
    case "reverted":
      return `The contract refused it in block ${block}. No LINK moved; the network fee is spent.`;
    case "replaced":
      return "Another transaction took its place: it was cancelled or sped up in your wallet.";
    case "failed":
      return transaction.reason ?? "Your wallet could not send it.";
    case "abandoned":
      return "You stopped waiting for your wallet. If it still asks, decline there; if it sends this after all, it is followed here again.";
    case "unknown":
      return "Your wallet gave this hash, but its network knows no such transaction. If it is a shared wallet (Safe), the others must sign there first, and the transaction then has another hash; else look in your wallet's activity. Nothing here waits for it any more.";
  }
}

function describeWaiting({ isSlow, wasReorged }: Transaction): string {
  if (wasReorged) return "The block that held it was replaced by another. Waiting for it to be included again.";
  if (isSlow) return "Not in a block after a minute. It may wait for a lower network fee, or for other signers of your wallet.";
  return "Sent. You can leave this page; it will be followed when you come back.";
}
