/** The fleet's words, as people read them. */

import type { Replica, RolloutNode, RolloutStep } from "./types.ts";

/** In the order in which a node goes through them. */
export const PHASES = ["requested", "provisioning", "booting", "healthy", "wallet_known", "proven", "registering", "open", "quarantined"] as const;

export function spaced(word: string): string {
  return word.replaceAll("_", " ");
}

/** What a replica does, and whether the lease of its node is its. Only the one that has the lease listens. */
export function describeReplica({ state }: Pick<Replica, "state">): { says: string; hasLease: boolean; tone: "good" | "waiting" | "problem" } {
  switch (state) {
    case "serving":
      return { says: "answers as ready", hasLease: true, tone: "good" };
    case "failing":
      return { says: "listens, and does not answer as ready", hasLease: true, tone: "problem" };
    case "waiting":
      return { says: "waits for the lease", hasLease: false, tone: "good" };
    case "starting":
      return { says: "starts", hasLease: false, tone: "waiting" };
    case "backing_off":
      return { says: "ended; the next start waits", hasLease: false, tone: "problem" };
    case "stopped":
      return { says: "stopped", hasLease: false, tone: "waiting" };
    default:
      return { says: spaced(state), hasLease: false, tone: "waiting" };
  }
}

/** A node's way through a roll-out, without the ways back. */
export const STEPS: readonly [RolloutStep, meaning: string][] = [
  ["snapshot", "its database is kept"],
  ["create", "its new replicas are made"],
  ["wait", "they wait for the lease beside the old ones"],
  ["stop", "the old ones end"],
  ["check", "a new one serves as the old one did"],
  ["bake", "it is watched"],
  ["delete", "what is left of the old ones is given up"],
];

/** How many of [`STEPS`] lie behind a node; all of them where it is done. */
export function stepsDone({ step }: Pick<RolloutNode, "step">): number {
  const at = STEPS.findIndex(([name]) => name === step);
  return at < 0 ? (step === "done" ? STEPS.length : 0) : at;
}

/** Which door the node's present step is at, in a sentence; null where nothing is left to decide. */
export function doorOf({ step, is_door, is_back, snapshot }: Pick<RolloutNode, "step" | "is_door" | "is_back" | "snapshot">): string | null {
  if (["done", "aborted", "dropped"].includes(step)) return null;
  const kept = snapshot ? `its database was kept in ${snapshot}` : "nothing was kept of its database";
  if (step === "failed") return is_door ? `It runs the new generation behind its door: forward-fix, or restore (${kept}).` : "It runs the new generation and needs a person.";
  if (is_back) return "On its way back: the generations have changed places.";
  const isBefore = ["queued", "snapshot", "create", "wait"].includes(step);
  if (!is_door) return isBefore ? "No door: there is a way back in every step." : "No door: an abort takes it back.";
  return isBefore ? "Before its door: an abort deletes the new generation." : `Behind its door: there is no way back but a restore (${kept}).`;
}

/** How far an abort, a pause or a promotion can still reach. */
export function isOpen(state: string): boolean {
  return state === "running" || state === "paused" || state === "halted";
}

export const UNKNOWN = "not known";

/** A record of inputs as lines, nested ones with both names. */
export function inputLines(inputs: Record<string, unknown>, prefix = ""): [name: string, value: string][] {
  return Object.entries(inputs).flatMap(([name, value]): [string, string][] => {
    const whole = prefix + spaced(name);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return inputLines(value as Record<string, unknown>, `${whole}: `);
    return [[whole, value === null ? UNKNOWN : typeof value === "object" ? JSON.stringify(value) : String(value)]];
  });
}

/** "1.250" of wei, in gwei, cut after three decimals. */
export function printGwei(wei: string): string {
  if (!/^\d{1,78}$/.test(wei)) return wei;
  const amount = BigInt(wei);
  return `${amount / 1_000_000_000n}.${String((amount % 1_000_000_000n) / 1_000_000n).padStart(3, "0")}`;
}
