import { groupDigits } from "../format/juels.ts";
import { PROMPT_SLOW_MS } from "../wallet/eip1193.ts";
import type { Stage, Transaction } from "./transaction.ts";

/** The way a transaction goes when all goes well, as the person sees it. */
export const STEPS: readonly [Stage, string][] = [
  ["checking", "Checked"],
  ["confirm", "Signed"],
  ["sent", "Sent"],
  ["mined", "In block"],
  ["indexed", "Indexed"],
  ["final", "Final"],
];

/** How many of STEPS are behind a transaction. */
export function stepsDone(stage: Stage): number {
  switch (stage) {
    case "checking":
    case "would-revert":
      return 0;
    case "confirm":
    case "rejected":
    case "failed":
    case "abandoned":
      return 1;
    case "sent":
    case "unknown":
    case "replaced":
      return 3;
    case "mined":
    case "reverted":
      return 4;
    case "indexed":
      return 5;
    case "final":
      return 6;
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
  return (STEPS.find(([name]) => name === stage)?.[1] ?? stage).toLowerCase();
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
      return `In block ${block}. Waiting for the index to show it.`;
    case "indexed":
      return `In block ${block} and indexed: the figures on this page hold it. Not final yet.`;
    case "final":
      return `Final in block ${block}.`;
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
