/** The code that speaks the contract's language (viem) is a chunk of its own: fetched on idle or when first needed. */

import { config } from "../api/store.ts";
import type { PoolContract } from "./contract.ts";

const PREFETCH_AFTER_MS = 2_000;

export async function loadContract(): Promise<PoolContract> {
  const current = config.value;
  if (!current) throw new Error("The pool's address is not known yet: its server has not answered.");
  const { openContract } = await import("./contract.ts");
  return openContract(current.pool_address, current.token_address, current.unbonding_seconds);
}

/** Warms the chunk once the page has nothing better to do. */
export function prefetchContract(): void {
  const fetchIt = () => void import("./contract.ts").catch(() => undefined);
  if ("requestIdleCallback" in window) requestIdleCallback(fetchIt, { timeout: PREFETCH_AFTER_MS });
  else setTimeout(fetchIt, PREFETCH_AFTER_MS);
}
