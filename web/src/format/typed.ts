/**
 * Amounts of LINK that people type or paste. One way of writing is exact; whatever else is asked about and never guessed,
 * because "1,000" is a thousand to one reader and one to another.
 */

import { DECIMALS, JUELS_PER_LINK, MAX_AMOUNT } from "./juels.ts";

/** A typed amount, or why it is not one. `empty` is not an error: nothing has been typed yet. */
export type Parsed = { kind: "amount"; juels: bigint } | { kind: "empty" } | Invalid;

interface Invalid {
  kind: "invalid";
  /** One sentence that says what to do. */
  reason: string;
  /** What may have been meant, written exactly; at most two. */
  readings: readonly string[];
}

/** No amount of LINK has more characters, and nothing longer is worth a search for its meaning. */
const MAX_LENGTH = 64;
const GROUPED = /^[1-9]\d{0,2}([ ,.])\d{3}(\1\d{3})*$|^[1-9]\d?(,\d\d)*,\d{3}$/;

/** Parses LINK written with digits and at most one point, such as "1250.5". Nothing is cut, dropped or exchanged to make it fit. */
export function parseLink(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "empty" };
  if (trimmed.length > MAX_LENGTH) return invalid("That is too long for an amount.");
  const juels = exactJuels(trimmed);
  if (typeof juels === "bigint") return { kind: "amount", juels };
  if (juels) return invalid(juels);
  if (/^[-−]/.test(trimmed)) return invalid("An amount can't be negative.");
  const readings = readingsOf(trimmed);
  if (readings.length === 0) return invalid("Write the amount in digits, with a point before decimals, such as 250 or 250.5.");
  return invalid(`Did you mean ${readings.join(" or ")}?`, readings);
}

function invalid(reason: string, readings: readonly string[] = []): Invalid {
  return { kind: "invalid", reason, readings };
}

/** The juels of an exactly written amount; a sentence for one that can't be; null for what is not written exactly. */
function exactJuels(text: string): bigint | string | null {
  const [, whole = "", fraction = ""] = /^(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole + fraction === "") return null;
  if (fraction.length > DECIMALS) return "LINK has 18 decimals at most.";
  const juels = BigInt(whole || "0") * JUELS_PER_LINK + BigInt(fraction.padEnd(DECIMALS, "0"));
  return juels > MAX_AMOUNT ? "That is more LINK than exists." : juels;
}

/** The exact amounts that a text may stand for: the unit beside it dropped, its separators read as groups and as decimal sign. */
function readingsOf(text: string): string[] {
  const bare = text.replace(/\p{Cf}/gu, "").replace(/^LINK\b\s*|\s*LINK$/gi, "");
  const spaced = bare.replace(/[\s_'’]/g, " ");
  const [, whole = "", sign = "", fraction = ""] = /^(.*)([.,])(\d+)$/.exec(spaced) ?? [];
  const isWhole = /^\d*$/.test(whole) || (GROUPED.test(whole) && !whole.includes(sign));
  const candidates = [
    bare,
    GROUPED.test(spaced) ? spaced.replace(/\D/g, "") : "",
    sign && isWhole ? `${whole.replace(/\D/g, "") || "0"}.${fraction}` : "",
  ];
  return [...new Set(candidates)].filter((candidate) => typeof exactJuels(candidate) === "bigint");
}
