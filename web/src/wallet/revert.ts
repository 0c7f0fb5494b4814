import { decodeErrorResult } from "viem/utils";
import errors from "../../../abi/errors.json";
import { errorAbi } from "./abi.ts";
import { type Parameter, fillSentence } from "./sentence.ts";

/** The contract counts shares, holders count LINK: what it says of shares is said here in LINK. A share is worth at most a juel. */
const IN_LINK: Record<string, string> = {
  PositionTooSmall: "The stake on this node would become too small: it must be nothing, or at least `minimum` LINK.",
  NotEnoughShares: "That is more than is active on this node.",
};
const sentences = new Map(errors.map(({ name, sentence }) => [name, IN_LINK[name] ?? sentence]));

/** The contract's sentence for revert data, or the reason that another contract gave as text; null when there is none. */
export function sentenceOf(data: `0x${string}` | null): string | null {
  if (!data || data === "0x") return null;
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: errorAbi, data });
    const sentence = sentences.get(errorName);
    if (sentence) return fillSentence(sentence, abiItem.inputs as readonly Parameter[], args ?? []);
    return String(errorName) === "Error" ? `The contract refuses this: ${String(args?.[0]).slice(0, 200)}.` : null;
  } catch {
    return null;
  }
}
