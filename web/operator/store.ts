/** What the page knows of the fleet: one answer, read again every two seconds while somebody looks. */

import { signal } from "@preact/signals";
import { createRefresher } from "../src/api/refresher.ts";
import { OperatorError, read, sentenceOf } from "./client.ts";
import { forgetToken, token } from "./token.ts";
import type { Overview } from "./types.ts";

const EVERY_MS = 2_000;

export const overview = signal<Overview | null>(null);
/** When it came, by this browser's clock. */
export const readAt_ms = signal(0);
/** Why it could not be read the last time. */
export const trouble = signal<string | null>(null);
/** Rises with each answer: what is shown besides is read again with it. */
export const round = signal(0);

const refresher = createRefresher(load, EVERY_MS, 20);

export function startStore(): void {
  refresher.now();
  setInterval(() => {
    if (token.value && document.visibilityState === "visible") refresher.eventually();
  }, EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresher.now());
}

/** Reads at once: something was done. */
export function refresh(): void {
  refresher.now();
}

/** Now by the listener's clock, of which all times here are. */
export function listenersNow(now_ms: number): number {
  return overview.value ? Date.parse(overview.value.read_at) + Math.max(now_ms - readAt_ms.value, 0) : now_ms;
}

async function load(): Promise<void> {
  const asked = token.value;
  if (!asked) return;
  try {
    const answer = await read<Overview>("/overview");
    if (asked !== token.value) return;
    overview.value = answer;
    readAt_ms.value = Date.now();
    trouble.value = null;
    round.value += 1;
  } catch (error) {
    if (asked !== token.value) return;
    trouble.value = sentenceOf(error);
    if (!(error instanceof OperatorError && error.isAboutToken)) return;
    trouble.value = "The listener does not take this token.";
    overview.value = null;
    forgetToken();
  }
}
