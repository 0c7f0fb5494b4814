import { useEffect, useState } from "preact/hooks";
import { read, sentenceOf } from "./client.ts";
import { round } from "./store.ts";

/** Reads `path` for what is open on the page: at once, and again after each look at the fleet. */
export function useRound<T>(path: string): { known: T | null; problem: string | null } {
  const [reading, setReading] = useState<{ known: T | null; problem: string | null }>({ known: null, problem: null });
  const now = round.value;
  useEffect(() => {
    let isCurrent = true;
    read<T>(path).then(
      (known) => isCurrent && setReading({ known, problem: null }),
      (error) => isCurrent && setReading((last) => ({ known: last.known, problem: sentenceOf(error) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [path, now]);
  return reading;
}
