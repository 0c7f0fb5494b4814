/** Fills the contract's own sentence about an error with the error's own numbers. */

import { shortHex } from "../format/address.ts";
import { printLink } from "../format/juels.ts";
import { printDate } from "../format/time.ts";

export interface Parameter {
  readonly name?: string | undefined;
  readonly type: string;
}

/** Shares and juels both have 18 decimals; no count, time or length in an error comes near this. */
const SMALLEST_SCALED = 10n ** 13n;

/**
 * Replaces back-ticked parameter names by their values. "`room` juels" becomes LINK, names that end in At, Until or
 * deadline become dates, other amounts lose their 18 decimals, and addresses are shortened.
 */
export function fillSentence(sentence: string, parameters: readonly Parameter[], values: readonly unknown[]): string {
  return sentence.replace(/`(\w+)`( juels)?/g, (_, name: string, unit: string | undefined) => {
    const at = parameters.findIndex((parameter) => parameter.name === name);
    const parameter = parameters[at];
    if (!parameter) return `${name}${unit ?? ""}`;
    return unit ? `${printLink(BigInt(String(values[at])))} LINK` : printValue(name, parameter.type, values[at]);
  });
}

function printValue(name: string, type: string, value: unknown): string {
  if (type === "address") return shortHex(String(value));
  if (!type.startsWith("uint")) return String(value);
  if (/(At|Until|deadline)$/.test(name)) return printDate(Number(value) * 1_000);
  const number = BigInt(String(value));
  return number >= SMALLEST_SCALED || /shares/i.test(name) ? printLink(number) : String(number);
}
