import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 100;

/** Asks until the answer is truthy, and fails with `what` when that takes longer than `within_ms`. */
export async function eventually(what, ask, within_ms = 60_000) {
  const end = Date.now() + within_ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${within_ms} ms: ${what}`);
    await pause(EVERY_MS);
  }
}
