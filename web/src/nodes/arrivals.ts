/** Which nodes came in while the page was open: only those slide in. */

import { effect, signal } from "@preact/signals";
import { nodes } from "../api/store.ts";

export const arrived = signal<ReadonlySet<string>>(new Set());

let known: Set<string> | null = null;

export function noteArrivals(): void {
  effect(() => {
    const list = nodes.value?.data;
    if (!list) return;
    const before = known;
    known = new Set(list.map((node) => node.address));
    if (!before) return;
    const fresh = list.filter((node) => !before.has(node.address)).map((node) => node.address);
    if (fresh.length > 0) arrived.value = new Set([...arrived.peek(), ...fresh]);
  });
}
