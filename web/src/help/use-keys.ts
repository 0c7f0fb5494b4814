import { useEffect, useState } from "preact/hooks";
import { ApiError, getAll } from "../api/client.ts";
import type { ChainEvent } from "../api/types.ts";
import { KEY_EVENTS, type Keys, keysFrom } from "./keys.ts";

/** The keys as the index knows them, and why not when it does not say; read again whenever `at` is another. */
export function useKeys(at: string | undefined): { keys: Keys | null; problem: string | null } {
  const [state, setState] = useState<{ keys: Keys | null; problem: string | null }>({ keys: null, problem: null });
  useEffect(() => {
    if (at === undefined) return undefined;
    let isCurrent = true;
    readKeyEvents().then(
      (events) => isCurrent && setState({ keys: keysFrom(events), problem: null }),
      (error) => isCurrent && setState(({ keys }) => ({ keys, problem: error instanceof ApiError ? error.message : "The server's answer is not understood." })),
    );
    return () => {
      isCurrent = false;
    };
  }, [at]);
  return state;
}

/** The newest first; a list has one type at a time. */
async function readKeyEvents(): Promise<ChainEvent[]> {
  const lists = await Promise.all(KEY_EVENTS.map((type) => getAll<ChainEvent>(`/events?type=${type}&limit=500`)));
  return lists.flatMap(({ data }) => data).sort((a, b) => b.block_number - a.block_number || b.log_index - a.log_index);
}
