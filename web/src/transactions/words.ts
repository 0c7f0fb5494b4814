import { groupDigits } from "../format/juels.ts";
import type { Stage, Transaction } from "./lifecycle.ts";

/** The way a transaction goes when all goes well, as the person sees it. */
export const STEPS: readonly [Stage, string][] = [
  ["checking", "Checked"],
  ["confirm", "Signed"],
  ["sent", "Sent"],
  ["mined", "In a block"],
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
      return 1;
    case "sent":
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
  if (stage === "rejected" || stage === "replaced") return "calm";
  return stage === "would-revert" || stage === "reverted" || stage === "failed" ? "problem" : "busy";
}

/** Where an older transaction stands, in two words. */
export function summarise({ stage, isSlow, wasReorged }: Transaction): string {
  if (stage === "sent") return wasReorged ? "waiting again" : isSlow ? "still waiting" : "sent";
  if (stage === "would-revert") return "not sent";
  if (stage === "rejected") return "declined";
  if (stage === "reverted") return "refused";
  return (STEPS.find(([name]) => name === stage)?.[1] ?? stage).toLowerCase();
}

export function describe(transaction: Transaction): string {
  const block = transaction.blockNumber === null ? "" : groupDigits(String(transaction.blockNumber));
  switch (transaction.stage) {
    case "checking":
      return "Checking with the contract…";
    case "confirm":
      return "Confirm in your wallet.";
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
  }
}

function describeWaiting({ isSlow, wasReorged }: Transaction): string {
  if (wasReorged) return "The block that held it was replaced by another. Waiting for it to be included again.";
  if (isSlow) return "Not in a block after a minute. It may wait for a lower network fee, or for other signers of your wallet.";
  return "Sent. You can leave this page; it will be followed when you come back.";
}
