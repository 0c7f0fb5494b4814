/** Whether what stands in the form can be staked: the page's own word first, then the contract's. */

import { computed } from "@preact/signals";
import { parts } from "./form.ts";
import { preview } from "./preview.ts";
import { type Refusal, knownRefusal, refuse } from "./refusal.ts";

export const refusal = computed<Refusal | null>(() => {
  if (knownRefusal.value) return knownRefusal.value;
  return preview.value.kind === "refused" ? refuse(preview.value.sentence) : null;
});

/** True when a press would ask for exactly the amount that is shown. */
export const isReady = computed(() => parts.value !== null && refusal.value === null);
