/** The code that speaks the contract's language (viem) is a chunk of its own: fetched on idle or when first needed. */

import { config } from "../api/store.ts";
import { fetchParts } from "../ui/lazy.tsx";
import type { PoolContract } from "./contract.ts";

const PREFETCH_AFTER_MS = 2_000;

export async function loadContract(): Promise<PoolContract> {
  const current = config.value;
  if (!current) throw new Error("The pool's address is not known yet: its server has not answered.");
  const { openContract } = await fetchContract();
  return openContract(current.pool_address, current.token_address, current.unbonding_seconds);
}

/** A new version of the page may have taken the place of the one that this code belongs to. */
function fetchContract(): Promise<typeof import("./contract.ts")> {
  return import("./contract.ts").catch(() => {
    throw new Error("A part of this page could not be loaded. Nothing was sent. Load the page again.");
  });
}

/** Warms what was left out of the first load once the page has nothing better to do. */
export function prefetch(): void {
  const fetchAll = () => {
    fetchParts();
    void fetchContract().catch(() => undefined);
  };
  if ("requestIdleCallback" in window) requestIdleCallback(fetchAll, { timeout: PREFETCH_AFTER_MS });
  else setTimeout(fetchAll, PREFETCH_AFTER_MS);
}
