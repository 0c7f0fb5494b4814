import { indexed } from "./store.ts";
import type { HistoryPoint } from "./types.ts";
import { type Reading, useRead } from "./use-read.ts";

const DAYS = 90;
const READ_AGAIN_MS = 10 * 60_000;

/** The last ninety days, a point each, of the pool or of one node; read again now and then, as only today's point moves. */
export function useHistory(node?: string): Reading<HistoryPoint[]> {
  const at = indexed.value && Math.floor(Date.parse(indexed.value.block_timestamp) / READ_AGAIN_MS);
  const path = `/history?interval=1d&limit=${DAYS}${node ? `&node=${node}` : ""}`;
  return useRead<HistoryPoint[]>(at === null ? undefined : path, String(at));
}
