import { signal } from "@preact/signals";

const TICK_MS = 1_000;

/** Now, in Unix milliseconds, once a second while the page can be seen: what "3 s ago" is counted from. */
export const clock = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") clock.value = Date.now();
}, TICK_MS);
