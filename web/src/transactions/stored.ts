/** One transaction as text in storage. What is read there may be of another version, so every field is looked at. */

import { type Transaction, begin, isFollowed } from "./transaction.ts";

/** After this long nobody waits any more for a hash that no transaction has. */
const FORGOTTEN_AFTER_MS = 7 * 24 * 60 * 60_000;

export function isRemembered(transaction: Transaction): boolean {
  return isFollowed(transaction);
}

/** Without the counts of what this tab alone saw in a row: two tabs' single sightings are no second one. */
export function storedText(transaction: Transaction): string {
  return JSON.stringify({ ...transaction, usedNonceSeen: 0, missingSeen: 0, unknownSeen: 0 });
}

/** The transaction under `id`, with the counts of `own`; null for text that is none, or that is too old. */
export function readStored(id: string, text: string, own: Transaction | undefined, now_ms = Date.now()): Transaction | null {
  const stored = parse(text);
  if (!stored || stored.id !== id || typeof stored.hash !== "string") return null;
  const blank: Transaction = { ...begin(id, "", "0x", null), sentAt_ms: 0, hash: "" };
  const fields = Object.entries(blank) as [keyof Transaction, unknown][];
  if (!fields.every(([name, value]) => isLike(stored[name], value))) return null;
  if (stored.stage === "unknown" && now_ms - Number(stored.sentAt_ms) > FORGOTTEN_AFTER_MS) return null;
  const counts = own && own.stage === stored.stage ? { usedNonceSeen: own.usedNonceSeen, missingSeen: own.missingSeen, unknownSeen: own.unknownSeen } : {};
  return { ...(stored as unknown as Transaction), ...counts };
}

function isLike(value: unknown, example: unknown): boolean {
  if (example === null) return value === null || typeof value === "string" || typeof value === "number";
  return typeof value === typeof example;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
