import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "./client.ts";
import { type AsOfValue, asOfValue } from "./store.ts";

/** What was read last, and why it could not be read again. */
export interface Reading<T> {
  known: AsOfValue<T> | null;
  problem: string | null;
}

/** Reads `path` for one component: at once, and again whenever `block` is another. Undefined reads nothing. */
export function useRead<T>(path: string | undefined, block: string | undefined): Reading<T> {
  const [reading, setReading] = useState<Reading<T> & { path?: string }>({ known: null, problem: null });
  useEffect(() => {
    if (path === undefined) return undefined;
    let isCurrent = true;
    get<T>(path).then(
      (answer) => isCurrent && setReading({ known: asOfValue(answer), problem: null, path }),
      (error) => isCurrent && setReading((last) => ({ known: last.path === path ? last.known : null, problem: problemOf(error), path })),
    );
    return () => {
      isCurrent = false;
    };
  }, [path, block]);
  return reading.path === path ? reading : { known: null, problem: null };
}

function problemOf(error: unknown): string {
  return `This could not be read just now. ${error instanceof ApiError ? error.message : "The server's answer is not understood."}`;
}
